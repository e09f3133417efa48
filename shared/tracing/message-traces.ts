/** How a trace goes on through a queue: in a message attribute of its own, which who does not know it ignores. */
import type { Message, MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { Span, Tracing } from "./tracing.ts";

/** As other instrumentations of SQS name it. */
const traceparentAttribute = "traceparent";

/** Attributes of a span about a queue, by OpenTelemetry's conventions. */
export function queueAttributes(queueUrl: string, operation: "send" | "process") {
  return {
    "messaging.system": "aws_sqs",
    "messaging.destination.name": queueName(queueUrl),
    "messaging.operation.name": operation,
    "messaging.operation.type": operation,
  };
}

export function queueName(queueUrl: string): string {
  return queueUrl.slice(queueUrl.lastIndexOf("/") + 1);
}

/**
 * The span of a send, linked with those whose content it carries, in both directions.
 * @param spans at least one, each still open
 * @param count of registrations, or of requests for mails, in the message
 */
export function beginSend(tracing: Tracing, spans: readonly Span[], queueUrl: string, count: number): Span {
  const span = tracing.begin(`send ${queueName(queueUrl)}`, {
    kind: "producer",
    links: spans,
    attributes: { ...queueAttributes(queueUrl, "send"), "turnout.pack.entries": count },
  });
  for (const origin of spans) origin.link(span);
  return span;
}

/** @returns the message attribute with which a span goes on */
export function traceAttributes({ traceparent }: Span): Record<string, MessageAttributeValue> {
  return { [traceparentAttribute]: { DataType: "String", StringValue: traceparent } };
}

/** @returns what a message says about the span that sent it */
export function traceparentOf({ MessageAttributes: attributes }: Message): string | undefined {
  return attributes?.[traceparentAttribute]?.StringValue;
}
