/** The spans of requests that register somebody, from their head to the end of their answer. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Span, Tracing } from "../../shared/tracing/tracing.ts";

export interface RequestTraces {
  /** Hook for the head of a request. */
  begin(request: FastifyRequest, reply: FastifyReply, done: () => void): void;
  /** @returns undefined when the request is not traced */
  of(request: FastifyRequest): Span | undefined;
  /** Hook for the end of its answer. */
  end(request: FastifyRequest, reply: FastifyReply, done: () => void): void;
}

export function createRequestTraces(tracing: Tracing): RequestTraces {
  const spans = new WeakMap<FastifyRequest, Span>();
  return {
    begin(request, _reply, done) {
      const { method, routeOptions, headers } = request;
      // Whoever calls may have a trace of their own: linked, for its id and its sampling are theirs to choose.
      const { traceparent } = headers;
      const span = tracing.sample(`${method} ${routeOptions.url}`, {
        kind: "server",
        links: typeof traceparent === "string" ? [traceparent] : [],
        attributes: { "http.request.method": method, "http.route": routeOptions.url ?? "" },
      });
      if (span) spans.set(request, span);
      done();
    },
    of: (request) => spans.get(request),
    end(request, { statusCode }, done) {
      const span = spans.get(request);
      if (span) {
        span.set({ "http.response.status_code": statusCode });
        if (statusCode >= 500) span.fail(String(statusCode));
        span.end();
      }
      done();
    },
  };
}
