/** The settings of traces, and the variables by which the tiers know them. */
import { Type, type Static } from "typebox";

/** Traces leave an instance encrypted, by the port that is open anyway, or not at all. */
const endpointPattern = String.raw`^(https://[a-z0-9.-]+(/[^\s?#]*)?|http://127\.0\.0\.1:\d{1,5})$`;

export const traceSettings = {
  tracesEndpoint: Type.Optional(
    Type.String({
      pattern: endpointPattern,
      description:
        "OpenTelemetry collector to which both tiers send traces, OTLP over HTTP: https://<host>, or http://127.0.0.1:4318 for one on each instance. Default: no traces",
    }),
  ),
  tracesShare: Type.Number({
    default: 0.001,
    minimum: 0,
    maximum: 1,
    description: "share of the registrations that is traced, where there is a tracesEndpoint",
  }),
};

interface TraceSettings {
  readonly tracesEndpoint?: Static<typeof traceSettings.tracesEndpoint>;
  readonly tracesShare: number;
}

/** @returns what both tiers are told; nothing where nothing is traced */
export function traceVariables({ tracesEndpoint, tracesShare }: TraceSettings): Readonly<Record<string, string>> {
  if (tracesEndpoint === undefined) return {};
  return { OTEL_EXPORTER_OTLP_ENDPOINT: tracesEndpoint, OTEL_TRACES_SAMPLER_ARG: String(tracesShare) };
}
