/** The document is one that a client and a tester can work by: what it says may be sent is taken, and every answer is in it. */
import * as fc from "fast-check";
import type { InjectOptions } from "fastify";
import { setImmediate } from "node:timers/promises";
import { t } from "../equipment/file-test.ts";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { sized } from "../equipment/run-length.ts";
import { buildTestApp, testTime } from "../equipment/web-app.ts";

/** Of each operation and way to write its body. Schemathesis does the same from outside: see docs/reliability.md. */
const cases = sized(300, 14_000);
const timeout = 60_000 + cases * 20;
t.setTimeout(2 * timeout);

type Schema = TSchema & {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
};

interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly headers?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, Answer>>;
}

const { app, receipts } = await buildTestApp({
  send: async () => {},
  limits: { maxEventLoopDelayMs: 10_000 },
  parts: { sendMailPack: async () => {} },
});
const receipt = receipts.seal({
  email: "ada@example.org",
  registrationId: "ada-00001",
  submittedAt: new Date(testTime).toISOString(),
});
t.teardown(() => app.close());
const document = (await app.inject("/openapi.json")).json<{
  paths: Record<string, Record<string, Operation>>;
}>();
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

const words = fc.constantFrom("", " ", "Ada", "あ", "\u{1e900}", "\u3164", "\n", "=1+1", "ß", "\u202e", "-");
const anyText = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.array(words, { maxLength: 30 }).map((parts) => parts.join("")),
);

/** @returns values that the schema allows */
function allowed(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(allowed));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ("const" in schema) return fc.constant(schema.const);
  switch (schema.type) {
    case "object": {
      const { properties = {}, required = [] } = schema;
      const members = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, allowed(one)]));
      return fc.record(members, { requiredKeys: [...required] });
    }
    case "string": {
      const { format, pattern = "", minLength = 0, maxLength = Infinity } = schema;
      if (format === "email") return fc.emailAddress();
      const matches = new RegExp(pattern, "u");
      return anyText.filter((text) => {
        const { length } = Array.from(text);
        return matches.test(text) && length >= minLength && length <= maxLength && text.isWellFormed();
      });
    }
    case "integer":
      return fc.integer({ min: schema.minimum ?? -1_000, max: schema.maximum ?? 1_000 });
    case "boolean":
      return fc.boolean();
    default:
      throw new Error(`this test knows no ${JSON.stringify(schema)}`);
  }
}

/** Blanks around a text are removed before it is validated. */
function withoutBlanks(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined;
  return JSON.parse(text ?? "null", (_key, one: unknown) => (typeof one === "string" ? one.trim() : one));
}

const anything = fc.oneof(anyText, fc.jsonValue({ maxDepth: 2 }), fc.double());

/** @returns values that it does not allow, close to those that it does: something is missing, too much, or something else */
function rejected(schema: Schema): fc.Arbitrary<unknown> {
  const validator = Compile(schema);
  const names = Object.keys(schema.properties ?? {});
  const spoilt = fc
    .tuple(allowed(schema), fc.constantFrom(...names, "extra", "__proto__"), fc.option(anything, { nil: undefined }))
    .map(([value, name, other]) => {
      const members = Object.entries(value as object).filter(([key]) => key !== name);
      return Object.fromEntries(other === undefined ? members : [...members, [name, other]]);
    });
  return fc
    .oneof({ weight: 9, arbitrary: spoilt }, { weight: 1, arbitrary: anything })
    .filter((value) => !validator.Check(value) && !validator.Check(withoutBlanks(value)));
}

const validators = new Map<Schema, ReturnType<typeof Compile>>();

function conforms(schema: Schema, value: unknown): boolean {
  const validator = validators.get(schema) ?? Compile(schema);
  validators.set(schema, validator);
  return validator.Check(value);
}

/** @throws Error when the answer is none that the document tells */
function checkAnswer(operation: Operation, reply: Awaited<ReturnType<typeof inject>>): void {
  const { statusCode, headers, body } = reply;
  const fail = (why: string) => new Error(`${operation.operationId} ${statusCode}: ${why}: ${body.slice(0, 300)}`);
  const answer = operation.responses[statusCode];
  if (!answer) throw fail("the status is not in the document");
  for (const name of Object.keys(answer.headers ?? {})) {
    if (headers[name.toLowerCase()] === undefined) throw fail(`there is no ${name}`);
  }
  if (!answer.content) {
    if (body !== "") throw fail("there is a body");
    return;
  }
  const type = String(headers["content-type"]).split(";", 1)[0] ?? "";
  const media = answer.content[type];
  if (!media) throw fail(`${type} is not in the document`);
  if (type.endsWith("json") && !conforms(media.schema, JSON.parse(body))) throw fail("the body is of another form");
}

async function inject(options: InjectOptions) {
  // `inject` alone never lets the event loop turn, and a loop that does not turn is shed.
  await setImmediate();
  return app.inject(options);
}

/** A form knows only text; a value that is none is left to JSON. */
function asForm(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const entries = Object.entries(value);
  if (entries.some(([, one]) => typeof one === "object")) return undefined;
  // As a browser sends line ends.
  const texts = entries.map(([name, one]): [string, string] => [name, String(one).replaceAll(/\r?\n|\r/g, "\r\n")]);
  return new URLSearchParams(texts).toString();
}

function bodyOf(value: unknown, type: string): string | undefined {
  return type === "application/json" ? (JSON.stringify(value) ?? "null") : asForm(value);
}

const accept = fc.constantFrom("*/*", "application/json", "text/html", "text/html;q=0", "image/png");

for (const { path, method, operation } of operations) {
  const ours = path.replace("{receipt}", receipt);
  for (const [type, { schema }] of Object.entries(operation.requestBody?.content ?? {})) {
    t.test(`${operation.operationId}: ${cases} bodies as ${type} that are allowed are taken`, { timeout }, async () => {
      await fc.assert(
        fc.asyncProperty(allowed(schema), accept, async (value, accepted) => {
          const payload = bodyOf(value, type);
          const headers = { "content-type": type, accept: accepted };
          const reply = await inject({ method: method, url: ours, headers, payload: payload ?? "" });
          checkAnswer(operation, reply);
          if (reply.statusCode >= 400) throw new Error(`${reply.statusCode} ${reply.body}`);
        }),
        { numRuns: cases, endOnFailure: true },
      );
    });

    t.test(`${operation.operationId}: ${cases} bodies as ${type} that are not are rejected`, { timeout }, async () => {
      await fc.assert(
        fc.asyncProperty(rejected(schema), accept, async (value, accepted) => {
          const payload = bodyOf(value, type);
          if (payload === undefined || (type !== "application/json" && isSameText(value, schema))) return;
          const headers = { "content-type": type, accept: accepted };
          const reply = await inject({ method: method, url: ours, headers, payload });
          checkAnswer(operation, reply);
          if (reply.statusCode < 400) throw new Error(`taken: ${payload}`);
        }),
        { numRuns: cases, endOnFailure: true },
      );
    });
  }

  t.test(`${operation.operationId}: whatever stands in path and headers, the answer is in the document`, async () => {
    const parameters = operation.parameters ?? [];
    const hasBody = operation.requestBody !== undefined;
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme", minLength: 1 }),
        fc.string({ unit: "grapheme-ascii" }),
        accept,
        async (text, key, accepted) => {
          const url = path.replace(/\{\w+\}/g, encodeURIComponent(text));
          const keyed = parameters.some((one) => one.in === "header") ? { "idempotency-key": key } : {};
          const headers = { accept: accepted, ...keyed, ...(hasBody && { "content-type": "application/json" }) };
          const payload = hasBody
            ? { payload: JSON.stringify({ email: "ada@example.org", name: "Ada", answers: {} }) }
            : {};
          checkAnswer(operation, await inject({ method: method, url, headers, ...payload }));
        },
      ),
      { numRuns: cases / 3 },
    );
  });
}

/** Whether what is rejected by its type becomes, written as text, what is allowed: a form knows no types. */
function isSameText(value: unknown, schema: Schema): boolean {
  const texts = Object.fromEntries(
    Object.entries(value as object).map(([name, one]) => {
      const text = String(one);
      const { anyOf = [schema.properties?.[name]] } = schema.properties?.[name] ?? {};
      return [name, text.trim() === "" ? "" : anyOf.some((choice) => choice?.type === "integer") ? Number(text) : text];
    }),
  );
  const given = Object.entries(texts).filter(([name, one]) => one !== "" || !(name in (schema.properties ?? {})));
  return conforms(schema, texts) || conforms(schema, Object.fromEntries(given));
}

t.test("every operation says what it is called, and every pattern is one that tools understand", async (t) => {
  t.same(operations.map(({ operation }) => operation.operationId).toSorted(), [
    "correct",
    "readHealth",
    "readProgress",
    "readReadiness",
    "readStatus",
    "register",
    "requestLink",
    "withdraw",
  ]);
  const text = JSON.stringify(document);
  t.notMatch(text, /\\\\[pu]\{|\(\?/);
  t.match(text, /"name":"Idempotency-Key"/);
  t.match(Object.keys(document.paths["/registrations"]?.["post"]?.responses ?? {}), ["202", "303", "400", "403"]);
  t.ok(document.paths["/registrations"]?.["post"]?.requestBody?.content["application/x-www-form-urlencoded"]);
});

t.test("control: an answer that is not in the document is found", async (t) => {
  const operation = document.paths["/registrations/{receipt}"]?.["get"];
  if (!operation) throw new Error("there is no such operation");
  const reply = await inject({ url: "/registrations/k.x" });
  checkAnswer(operation, reply);
  const { 404: _, ...responses } = operation.responses;
  t.throws(() => checkAnswer({ ...operation, responses }, reply), /not in the document/);
});
