/** Measures what one person uses: the web tier's answers, the worker's insert and the mail's attachment, for an event file. */
import { brotliDecompressSync } from "node:zlib";
import type { AttributeValue, BatchExecuteStatementCommand } from "@aws-sdk/client-dynamodb";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { LightMyRequestResponse } from "fastify";
import type { EventDefinition } from "../../../shared/registration/event-definition.ts";
import { calendarFiles } from "../../../shared/registration/calendar-file.ts";
import { encodeRegistration } from "../../../shared/registration/registration-pack.ts";
import { createPeople } from "../../../load/people/people.ts";
import { createRegistrationsTable } from "../../../worker/registrations-table.ts";
import { buildTestApp, testTime } from "../../equipment/web-app.ts";

/** Text as HTTP/1.1 has it; HTTP/2 and 3 compress it. */
function bytesOf({ headers, rawPayload }: LightMyRequestResponse): number {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return Buffer.byteLength(lines.join("")) + rawPayload.length;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return Math.ceil(value.N.replace(/\D/g, "").length / 2) + 1;
  if (value.L) return 3 + value.L.reduce((sum, one) => sum + 1 + valueBytes(one), 0);
  if (value.M) {
    const entries = Object.entries(value.M);
    return 3 + entries.reduce((sum, [name, one]) => sum + 1 + Buffer.byteLength(name) + valueBytes(one), 0);
  }
  return 1;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param event open at the time of the tests @param people how many register */
export async function measurePerson(event: EventDefinition, people: number) {
  const { app, queued } = await buildTestApp({ event });
  const browser = { accept: "text/html", "accept-encoding": "gzip, br" };
  const page = await app.inject({ url: "/", headers: browser });
  const html = brotliDecompressSync(page.rawPayload).toString();
  // A touch icon is only for home screens.
  const named = html.matchAll(
    /<(?:link rel="(?:icon|stylesheet|modulepreload)"|script|img) [^>]*?(?:href|src)="([^"]+)"/g,
  );
  const files = await Promise.all(
    Array.from(named, ([, url = ""]) => app.inject({ url, headers: { "accept-encoding": "gzip, br" } })),
  );

  const made = createPeople({ seed: 1, event });
  const [accepted, looked]: [number[], number[]] = [[], []];
  for (let person = 0; person < people; person += 1) {
    const reply = await app.inject({ method: "POST", url: "/registrations", payload: made.next() });
    accepted.push(bytesOf(reply));
    const { statusUrl: url } = reply.json<{ statusUrl: string }>();
    looked.push(bytesOf(await app.inject({ url, headers: { accept: "application/json" } })));
  }
  await app.close();

  const items: number[] = [];
  const documents = {
    send({ input }: BatchExecuteStatementCommand) {
      for (const { Statement = "", Parameters = [] } of input.Statements ?? []) {
        const names = Array.from(Statement.matchAll(/'(\w+)': \?/g), ([, name = ""]) => name);
        items.push(names.reduce((sum, name, index) => sum + name.length + valueBytes(Parameters[index]!), 0));
      }
      return Promise.resolve({ Responses: input.Statements?.map(() => ({})) });
    },
  };
  const table = createRegistrationsTable({
    documents: documents as unknown as DynamoDBDocumentClient,
    tableName: "registrations",
    outcomesTableName: "outcomes",
    wallClock: () => testTime,
    onCall: () => {},
  });
  for (const one of queued) {
    await table.insert([one]);
  }

  const [calendar = ""] = calendarFiles(event, "https://registration.example.org").values();
  return {
    pageRequests: 1 + files.length,
    pageBytes: bytesOf(page) + files.reduce((sum, file) => sum + bytesOf(file), 0),
    everyFileFound: files.every(({ statusCode }) => statusCode === 200),
    acceptedBytes: mean(accepted),
    statusBytes: mean(looked),
    packedBytes: mean(queued.map((one) => Buffer.byteLength(encodeRegistration(one)) + 1)),
    itemBytes: mean(items),
    items,
    attachmentBytes: Buffer.byteLength(calendar),
  };
}
