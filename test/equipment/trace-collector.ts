/** An OpenTelemetry collector for tests: takes OTLP as JSON over HTTP and keeps every span. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Test } from "tap";

export interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Ids of the spans it is linked with. */
  readonly links: readonly string[];
  readonly failed: boolean;
}

export interface TraceCollector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  /** In the order in which they came. */
  readonly spans: ReceivedSpan[];
  /** Every request body. */
  readonly bodies: string[];
  /** From now on it answers with this status, or, where it is undefined, not at all. */
  answer(status: number | undefined): void;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>> & {
    readonly arrayValue?: { readonly values: Attribute["value"][] };
  };
}

interface OtlpSpan extends Omit<ReceivedSpan, "attributes" | "links" | "failed" | "service"> {
  readonly attributes?: readonly Attribute[];
  readonly links?: readonly { readonly spanId: string }[];
  readonly status?: { readonly code?: number };
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

const errorStatus = 2;

function valueOf(value: Attribute["value"]): unknown {
  return value.arrayValue ? value.arrayValue.values.map(valueOf) : Object.values(value)[0];
}

function attributesOf(attributes: readonly Attribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function spansOf(body: string): ReceivedSpan[] {
  return (JSON.parse(body) as OtlpBody).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource.attributes)["service.name"]);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId, parentSpanId, name, attributes, links = [], status }) => ({
        service,
        traceId,
        spanId,
        parentSpanId: parentSpanId ?? "",
        name,
        attributes: attributesOf(attributes),
        links: links.map((link) => link.spanId),
        failed: status?.code === errorStatus,
      })),
    );
  });
}

/** Ends with the test. */
export async function startTraceCollector(t: Test): Promise<TraceCollector> {
  const spans: ReceivedSpan[] = [];
  const bodies: string[] = [];
  let status: number | undefined = 200;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body);
      if (request.url === "/v1/traces" && status === 200) spans.push(...spansOf(body));
      if (status === undefined) return;
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    bodies,
    answer(next) {
      status = next;
    },
  };
}
