/**
 * Traces by OpenTelemetry's SDK. Spans wait in a bounded queue and are sent in batches beside the work; what a collector
 * does not take is dropped. Only `tracing.ts` imports this, when there is a collector: loading it takes a while.
 *
 * It samples by itself, before anything is made: in the unsampled share a call costs one random number. Nobody outside
 * has a say in it, so a public `traceparent` is only linked.
 */
import {
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Link,
  type Span as OtelSpan,
  type SpanContext,
} from "@opentelemetry/api";
import { ExportResultCode, parseTraceParent } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider, type SpanExporter } from "@opentelemetry/sdk-trace";
import { createRepeatedFailure } from "../process/repeated-failure.ts";
import { maxPackRegistrations } from "../registration/registration-pack.ts";
import type { Span, SpanKind, SpanOptions, Tracing, TracingOptions } from "./tracing.ts";

const kinds = {
  server: OtelKind.SERVER,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
  client: OtelKind.CLIENT,
} as const satisfies Record<SpanKind, OtelKind>;

/** Of one attempt to send a batch with its retries. */
const exportTimeoutMs = 5_000;
/** For the last batch during a stop. */
const closeWithinMs = 2_000;
/** Spans that wait for the collector; about a kilobyte each. */
const maxWaitingSpans = 2_048;

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

function contextOf(traceparent: string | undefined): SpanContext | undefined {
  const context = traceparent === undefined ? null : parseTraceParent(traceparent);
  return context && isSpanContextValid(context) ? { ...context, isRemote: true } : undefined;
}

export function createTracing(options: TracingOptions & { readonly endpoint: string }): Tracing {
  const { endpoint, ratio, service, namespace = "turnout", random } = options;
  const identity = resourceFromAttributes({ "service.name": service, "service.namespace": namespace });
  const provider = new TracerProvider({
    sampler: new AlwaysOnSampler(),
    // The environment's OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence.
    resource: defaultResource()
      .merge(identity)
      .merge(detectResources({ detectors: [envDetector] })),
    spanLimits: { linkCountLimit: maxPackRegistrations },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: createExporter(options),
        maxQueueSize: maxWaitingSpans,
        exportTimeoutMillis: exportTimeoutMs,
      }),
    ],
  });
  const tracer = provider.getTracer("turnout");
  const spans = new WeakMap<Span, OtelSpan>();

  function spanOf(otel: OtelSpan): Span {
    const span: Span = {
      traceparent: traceparentOf(otel.spanContext()),
      link(other) {
        const context = spans.get(other)?.spanContext();
        if (context) otel.addLink({ context });
      },
      set: (attributes) => void otel.setAttributes(attributes),
      fail(type) {
        otel.setAttribute("error.type", type);
        otel.setStatus({ code: SpanStatusCode.ERROR });
      },
      end() {
        if (otel.isRecording()) otel.end();
      },
    };
    spans.set(span, otel);
    return span;
  }

  function linkTo(target: Span | string): Link[] {
    const context = typeof target === "string" ? contextOf(target) : spans.get(target)?.spanContext();
    return context ? [{ context }] : [];
  }

  function parentContext({ parent }: SpanOptions): Context {
    const otel = parent && spans.get(parent);
    return otel ? trace.setSpan(ROOT_CONTEXT, otel) : ROOT_CONTEXT;
  }

  function begin(name: string, spanOptions: SpanOptions, context = parentContext(spanOptions)): Span {
    const { kind, links = [], attributes = {} } = spanOptions;
    return spanOf(tracer.startSpan(name, { kind: kinds[kind], links: links.flatMap(linkTo), attributes }, context));
  }

  return {
    sample: (name, spanOptions) => (random() < ratio ? begin(name, spanOptions) : undefined),
    begin: (name, spanOptions) => begin(name, spanOptions),
    follow(traceparent, name, spanOptions) {
      const context = contextOf(traceparent);
      if (!context || (context.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
      const { links = [] } = spanOptions;
      const linked = { ...spanOptions, links: [...links, traceparentOf(context)] };
      return begin(name, linked, trace.setSpanContext(ROOT_CONTEXT, context));
    },
    part: {
      name: "traces",
      async stop() {
        const { promise: late, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, closeWithinMs);
        // A collector that does not answer was told about already.
        await Promise.race([provider.shutdown().catch(() => undefined), late]);
        clearTimeout(timer);
      },
    },
  };

  function createExporter({ logger, now }: TracingOptions): SpanExporter {
    const url = new URL("v1/traces", endpoint.endsWith("/") ? endpoint : `${endpoint}/`);
    const exporter = new OTLPTraceExporter({ url: url.href, timeoutMillis: exportTimeoutMs });
    const failure = createRepeatedFailure({
      logger,
      message: "traces do not reach the collector and are dropped; all else goes on",
      action: "POST v1/traces",
      resource: url.host,
      now,
    });
    return {
      export(batch, onResult) {
        exporter.export(batch, (result) => {
          if (result.code === ExportResultCode.SUCCESS) failure.succeeded();
          else failure.failed(result.error ?? new Error("the collector took none"));
          onResult(result);
        });
      },
      shutdown: () => exporter.shutdown(),
      forceFlush: () => exporter.forceFlush(),
    };
  }
}
