/**
 * The worker's spans: the processing of a message whose sender was traced, and within it each table write and each call
 * that sends mails. They wrap the parts from outside, so that the parts know nothing of traces.
 *
 * A table write merges registrations of several messages, so a registration remembers the span of its message.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Message } from "@aws-sdk/client-sqs";
import type { Registration } from "../shared/registration/registration.ts";
import { beginSend, queueAttributes, queueName, traceparentOf } from "../shared/tracing/message-traces.ts";
import { inSpan, type Span, type Tracing } from "../shared/tracing/tracing.ts";
import type { Disposition } from "./drain.ts";
import type { MailSender } from "./mail/mail-sender.ts";
import type { RegistrationsTable } from "./registrations-table.ts";
import type { RegistrationWriter } from "./registration-writer.ts";

type Process = (message: Message) => Promise<Disposition>;

export interface WorkerTraces {
  /** @returns the span of the message that is being processed here; undefined when it is not traced */
  current(): Span | undefined;
  /** @returns the span of a send of what came from these, at least one */
  sending(spans: readonly Span[], queueUrl: string, count: number): Span;
  ofMessages(queueUrl: string, process: Process): Process;
  ofRegistrations(writer: RegistrationWriter): RegistrationWriter;
  ofWrites(table: RegistrationsTable, tableName: string): RegistrationsTable;
  ofMails(sender: MailSender): MailSender;
}

export function createWorkerTraces(tracing: Tracing): WorkerTraces {
  const storage = new AsyncLocalStorage<Span>();
  const spanOf = new WeakMap<Registration, Span>();

  /** A span for one call of several messages: within the first one's, linked with the others. */
  function storeSpan(registrations: readonly Registration[], tableName: string): Span | undefined {
    const [parent, ...links] = new Set(registrations.flatMap((registration) => spanOf.get(registration) ?? []));
    if (!parent) return undefined;
    return tracing.begin("store", {
      kind: "client",
      parent,
      links,
      attributes: {
        "db.system.name": "aws.dynamodb",
        "db.operation.name": "BatchExecuteStatement",
        "db.operation.batch.size": registrations.length,
        "db.collection.name": tableName,
        "turnout.registration.ids": registrations.map(({ id }) => id),
      },
    });
  }

  return {
    current: () => storage.getStore(),
    sending: (spans, queueUrl, count) => beginSend(tracing, spans, queueUrl, count),
    ofMessages(queueUrl, process) {
      const name = `process ${queueName(queueUrl)}`;
      return (message) => {
        const span = tracing.follow(traceparentOf(message), name, {
          kind: "consumer",
          attributes: {
            ...queueAttributes(queueUrl, "process"),
            "messaging.message.id": message.MessageId ?? "",
            "turnout.message.receives": Number(message.Attributes?.ApproximateReceiveCount ?? 1),
          },
        });
        if (!span) return process(message);
        return storage.run(span, () =>
          inSpan(span, async () => {
            const disposition = await process(message);
            span.set({ "turnout.message.finished": disposition === true });
            return disposition;
          }),
        );
      };
    },
    ofRegistrations: (writer) => ({
      ...writer,
      writeAll(registrations, deadline) {
        const span = storage.getStore();
        if (span) for (const registration of registrations) spanOf.set(registration, span);
        return writer.writeAll(registrations, deadline);
      },
    }),
    ofWrites: (table, tableName) => ({
      ...table,
      insert(registrations) {
        const span = storeSpan(registrations, tableName);
        return inSpan(span, async () => {
          const results = await table.insert(registrations);
          span?.set({ "turnout.rows.stored": results.filter(({ kind }) => kind === "stored").length });
          return results;
        });
      },
    }),
    ofMails: (sender) => ({
      send(kind, language, mails, mayGoOn) {
        const parent = storage.getStore();
        const span =
          parent &&
          tracing.begin("mail", {
            kind: "client",
            parent,
            attributes: { "rpc.method": "SendBulkEmail", "turnout.mail.kind": kind, "turnout.mails": mails.length },
          });
        return inSpan(span, async () => {
          const results = await sender.send(kind, language, mails, mayGoOn);
          span?.set({ "turnout.mails.sent": results.filter((result) => result.kind === "sent").length });
          return results;
        });
      },
    }),
  };
}
