/**
 * Traces of a share of the registrations, for an OpenTelemetry collector: what the tiers see of it. Off unless an
 * endpoint is given; OpenTelemetry itself (`open-telemetry.ts`) is loaded only then.
 *
 *     POST /registrations ◄──links──► send ──► process ──► store
 *     (a trace each)                  (a trace for each pack with a traced registration)
 *
 * Nothing of an attendee goes into a span: no address, name or receipt, and the route instead of the URL.
 */
import type { Part } from "../process/lifecycle.ts";
import type { Logger } from "../process/logger.ts";

export type SpanAttributes = Readonly<Record<string, string | number | boolean | string[]>>;
export type SpanKind = "server" | "producer" | "consumer" | "client";

/** One piece of work under way. */
export interface Span {
  /** Its context for others, as in the W3C header of this name. */
  readonly traceparent: string;
  link(other: Span): void;
  set(attributes: SpanAttributes): void;
  /** @param type of the error, such as its name or status: a message could quote what was sent */
  fail(type: string): void;
  /** Safe to repeat. */
  end(): void;
}

export interface SpanOptions {
  readonly kind: SpanKind;
  /** What it continues. Default: it begins a trace of its own. */
  readonly parent?: Span;
  /** Spans, or `traceparent`s, of which those that are none are left out. Default: none. */
  readonly links?: readonly (Span | string)[];
  /** Default: none. */
  readonly attributes?: SpanAttributes;
}

export interface Tracing {
  /** @returns a span in the configured share of the calls; undefined in all others */
  sample(name: string, options: SpanOptions): Span | undefined;
  /** @returns a span in any case: for what belongs to one that was sampled */
  begin(name: string, options: SpanOptions): Span;
  /**
   * Continues, and links to, a span of another process.
   * @param traceparent that came with its message
   * @returns undefined when there is none, or it was not sampled
   */
  follow(traceparent: string | undefined, name: string, options: SpanOptions): Span | undefined;
  /** Stop sends what is left, for two seconds at most. */
  readonly part: Part;
}

export interface TracingOptions {
  /** Base URL of the collector, OTLP over HTTP; undefined traces nothing. */
  readonly endpoint: string | undefined;
  /** Share of the registrations that is traced, 0 to 1. */
  readonly ratio: number;
  /** Name of this process among the traces. */
  readonly service: string;
  /** Name of the deployment that it belongs to. Default: turnout. */
  readonly namespace?: string | undefined;
  readonly logger: Logger;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

/** @returns undefined when nothing is to be traced */
export async function openTracing(options: TracingOptions): Promise<Tracing | undefined> {
  const { endpoint } = options;
  if (endpoint === undefined) return undefined;
  const { createTracing } = await import("./open-telemetry.ts");
  return createTracing({ ...options, endpoint });
}

/** Does the work and ends the span with it. @throws what the work throws */
export async function inSpan<Result>(span: Span | undefined, work: () => Promise<Result>): Promise<Result> {
  if (span === undefined) return work();
  try {
    return await work();
  } catch (error) {
    span.fail(error instanceof Error ? error.name : "error");
    throw error;
  } finally {
    span.end();
  }
}
