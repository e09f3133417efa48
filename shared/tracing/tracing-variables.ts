/** The variables of both tiers for traces, named as OpenTelemetry names them. */
import { Type } from "typebox";

export const tracingVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: String.raw`^https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[^\s?#]*)?$`,
      description:
        "base URL of an OpenTelemetry collector that takes OTLP over HTTP, such as http://127.0.0.1:4318: traces go there; no traces, if not set",
    }),
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    default: 0.001,
    minimum: 0,
    maximum: 1,
    description: "share of the registrations that is traced, where an endpoint is set",
  }),
};
