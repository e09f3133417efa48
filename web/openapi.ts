/**
 * What `/openapi.json` says beyond the routes' schemas: forms, headers and every answer including errors, complete
 * enough to generate a client or check every answer, as the tests do. It describes the input before normalisation; the
 * routes' schemas validate it afterwards.
 */
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import type { FastifySchema, RouteOptions } from "fastify";
import { Type, type TSchema } from "typebox";
import { maxEmailLength } from "../shared/registration/email-address.ts";
import type { EventDefinition, EventField } from "../shared/registration/event-definition.ts";
import { formType } from "../shared/registration/form-body.ts";
import { publishedPatterns } from "../shared/registration/plain-text.ts";
import { idempotencyKeyPattern } from "../shared/registration/registration-id.ts";
import { answerDescription, submissionSchema } from "../shared/registration/submission-schema.ts";
import { answerPrefix } from "./page/form-submission.ts";

/** One status may have several error codes; clients should use `code`. */
const problemStatuses = {
  400: "Something in it is not allowed: `errors` says where and why.",
  403: "Registration is not open, or the form was sent from another site.",
  404: "There is no registration for this receipt, or nothing at this address.",
  413: "No registration for this event can be that large.",
  415: "The body is of another media type.",
  429: "Too many requests from this address.",
  503: "Not at this moment, or the organiser has paused registration: send the same again after `Retry-After` seconds.",
} as const;

type ProblemStatus = keyof typeof problemStatuses;

const Problem = Type.Object(
  {
    type: Type.String({ description: "a URI that identifies the kind of problem" }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ pattern: "^TURNOUT_[A-Z_]+$", description: "never changes its meaning" }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({ description: "JSON Pointer into the body; empty for all of it" }),
          detail: Type.String({ description: "in the language of the request" }),
        }),
      ),
    ),
    opensAt: Type.Optional(Type.String({ description: "for 403 outside of the opening: ISO 8601" })),
    closesAt: Type.Optional(Type.String({ description: "for 403 outside of the opening: ISO 8601" })),
    notice: Type.Optional(
      Type.Object(
        { text: Type.String(), language: Type.Optional(Type.String({ description: "BCP 47, where it is known" })) },
        { description: "for 503 while registration is paused: what the organiser says" },
      ),
    ),
    until: Type.Optional(
      Type.String({ description: "for 503 while registration is paused, if it is known: when it goes on, ISO 8601" }),
    ),
  },
  { description: "RFC 9457" },
);

const html = { "text/html": { schema: Type.String({ description: "for a browser, which asks for it by `Accept`" }) } };
const seconds = (description: string) => Type.Integer({ minimum: 0, description });

function problems(...statuses: readonly ProblemStatus[]): Record<string, unknown> {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: problemStatuses[status],
        content: { "application/problem+json": { schema: Problem }, ...html },
        ...((status === 429 || status === 503) && { headers: { "Retry-After": seconds("when to try again") } }),
      },
    ]),
  );
}

/**
 * Any spelling before normalisation: case, surrounding blanks and pasted extras are removed; any script in the domain.
 */
const typedEmail = (description: string) => Type.String({ format: "email", maxLength: maxEmailLength, description });

function publishPatterns(
  properties: Record<string, TSchema & { pattern?: string; properties?: Record<string, TSchema> }>,
) {
  for (const property of Object.values(properties)) {
    if (property.pattern !== undefined) property.pattern = publishedPatterns.get(property.pattern) ?? property.pattern;
    if (property.properties) publishPatterns(property.properties);
  }
}

/** `submissionSchema` before addresses are normalised. */
function jsonBody(event: EventDefinition): TSchema {
  const schema = structuredClone(submissionSchema(event)) as {
    properties: { email: TSchema; answers: { properties: Record<string, TSchema> } };
  };
  const { properties } = schema;
  publishPatterns(properties);
  properties.email = typedEmail("the address under which the person is known");
  for (const field of event.fields) {
    if (field.type === "email") properties.answers.properties[field.id] = typedEmail(answerDescription(field));
  }
  return schema;
}

/** Form values are text; empty ones count as not given. */
function formAnswer(field: EventField, answer: TSchema): TSchema {
  const { required } = field;
  const description = answerDescription(field);
  if (field.type === "choices") {
    // The field's name once for each option.
    const { items } = answer as TSchema & { items: TSchema };
    return Type.Union([answer, items, ...(required ? [] : [Type.Literal("")])], { description });
  }
  if (field.type === "checkbox" || field.type === "consent") {
    return required ? Type.Enum(["true", "on"], { description }) : Type.Enum(["true", "on", ""], { description });
  }
  return required ? answer : Type.Union([answer, Type.Literal("")], { description });
}

/** `correctionSchema` before addresses in answers are normalised. */
function correctionBody(event: EventDefinition): TSchema {
  const { properties, ...schema } = jsonBody(event) as TSchema & { properties: object; required: readonly string[] };
  const { email: _, ...content } = properties as { email: TSchema };
  return { ...schema, properties: content, required: schema.required.filter((name) => name !== "email") };
}

function formBody(event: EventDefinition): TSchema {
  const { properties } = jsonBody(event) as unknown as {
    properties: { email: TSchema; name: TSchema; answers: { properties: Record<string, TSchema> } };
  };
  const fields = event.fields.map((field) => {
    const control = formAnswer(field, properties.answers.properties[field.id] as TSchema);
    return [answerPrefix + field.id, field.required && !field.when ? control : Type.Optional(control)] as const;
  });
  return Type.Object(
    { email: properties.email, name: properties.name, ...Object.fromEntries(fields) },
    { additionalProperties: false },
  );
}

const linkRequest = Type.Object(
  { email: typedEmail("the address under which the person is registered") },
  { additionalProperties: false },
);
const linkRequestBody = {
  content: { "application/json": { schema: linkRequest }, [formType]: { schema: linkRequest } },
};

/** Who is behind the API, and under which rules. */
export function documentInfo({ name, description, organiser, links }: EventDefinition) {
  return {
    title: `Turnout: ${name}`,
    description,
    version: "1",
    ...(organiser && { contact: { ...organiser } }),
    ...(links?.conduct !== undefined && { termsOfService: links.conduct }),
  };
}

type Documented = Omit<FastifySchema, "headers" | "body" | "response"> & Record<string, unknown>;

/**
 * @returns a transform for `@fastify/swagger` that documents a route from its schema; unlisted routes keep their own
 */
export function routeDocumentation(event: EventDefinition) {
  const documented: Readonly<Record<string, (schema: Documented) => Documented>> = {
    "POST /registrations": (schema) => ({
      ...schema,
      operationId: "register",
      headers: Type.Object({
        "Idempotency-Key": Type.Optional(
          Type.String({
            pattern: idempotencyKeyPattern,
            description: "the same for every attempt of one submission, which then counts once; such as a UUID",
          }),
        ),
      }),
      body: { content: { "application/json": { schema: jsonBody(event) }, [formType]: { schema: formBody(event) } } },
      response: {
        ...accepted(schema, "The registration is safely queued."),
        303: {
          description: "The same for a form post.",
          type: "null",
          headers: { Location: Type.String({ description: "the status" }) },
        },
        ...problems(400, 403, 413, 415, 429, 503),
      },
    }),
    "PUT /registrations/:receipt": (schema) => ({
      ...schema,
      operationId: "correct",
      body: { content: { "application/json": { schema: correctionBody(event) } } },
      response: {
        ...accepted(schema, "The correction is safely queued; the fresh receipt is to be used from now on."),
        ...problems(400, 403, 404, 413, 415, 429, 503),
      },
    }),
    "DELETE /registrations/:receipt": (schema) => ({
      ...schema,
      operationId: "withdraw",
      response: {
        ...accepted(schema, "The withdrawal is safely queued; its status will say when it is done."),
        ...problems(404, 429, 503),
      },
    }),
    "POST /link-requests": (schema) => ({
      ...schema,
      operationId: "requestLink",
      body: linkRequestBody,
      response: {
        202: {
          description: "Whatever the address.",
          content: { "application/json": { schema: responseOf(schema, 202) } },
        },
        303: {
          description: "The same for a form post.",
          type: "null",
          headers: { Location: Type.String({ description: "a page that says so" }) },
        },
        ...problems(400, 403, 413, 415, 429, 503),
      },
    }),
    "GET /registrations/:receipt": (schema) => ({
      ...schema,
      operationId: "readStatus",
      response: {
        200: {
          description: "What is known of it.",
          content: { "application/json": { schema: responseOf(schema, 200) }, ...html },
        },
        301: {
          description: "The receipt has a sign behind it that is none of it.",
          type: "null",
          headers: { Location: Type.String({ description: "the status" }) },
        },
        ...problems(404, 429, 503),
      },
    }),
    "GET /progress": (schema) => ({
      ...schema,
      description:
        "The same for everybody, and kept for a second. While a registration is pending, ask here first, every few seconds, " +
        "and for its status once `storedUntil` has passed its `submittedAt`, when `storedUntil` is null, and every two " +
        "minutes at least.",
      operationId: "readProgress",
      response: {
        200: {
          description: "How far the queue is.",
          ...jsonContent(responseOf(schema, 200) as TSchema),
          headers: { "Cache-Control": Type.String({ description: "how long it is kept" }) },
        },
      },
    }),
    "GET /health": (schema) => ({
      ...schema,
      operationId: "readHealth",
      response: { 200: { description: "It lives.", ...jsonContent(Type.Object({ status: Type.Literal("ok") })) } },
    }),
    "GET /ready": (schema) => ({
      ...schema,
      operationId: "readReadiness",
      response: {
        200: { description: "They can.", ...jsonContent(Type.Object({ status: Type.Literal("ready") })) },
        503: {
          description: "They cannot at this moment.",
          ...jsonContent(Type.Object({ status: Type.Literal("queue unreachable") })),
          headers: { "Retry-After": seconds("when to ask again") },
        },
      },
    }),
  };
  return ({ schema, url, route }: { schema: FastifySchema; url: string; route: RouteOptions }) => {
    const document = documented[`${String(route.method)} ${url}`];
    return { schema: document ? (document(schema as Documented) as FastifySchema) : schema, url };
  };
}

/** The reply to a registration and to a change of one. */
function accepted(schema: Documented, description: string) {
  return {
    202: {
      description,
      ...jsonContent(responseOf(schema, 202) as TSchema),
      headers: {
        Location: Type.String({ description: "the status" }),
        "Retry-After": seconds("when to poll the status first"),
      },
    },
  };
}

function jsonContent(schema: TSchema) {
  return { content: { "application/json": { schema } } };
}

function responseOf(schema: Documented, status: number): unknown {
  return (schema.response as Record<number, unknown>)[status];
}

interface OpenApiDocument {
  readonly paths?: Record<string, Record<string, { responses?: Record<string, object> }> | undefined>;
}

/** Links what a receipt is for to the acceptance: for `transformObject` of `@fastify/swagger`. */
export const linkOperations: NonNullable<FastifyDynamicSwaggerOptions["transformObject"]> = (document) => {
  const whole = "openapiObject" in document ? document.openapiObject : document.swaggerObject;
  const registered = (whole as OpenApiDocument).paths?.["/registrations"]?.["post"]?.responses?.["202"];
  const byReceipt = (operationId: string) => ({ operationId, parameters: { receipt: "$response.body#/receipt" } });
  const links = { status: byReceipt("readStatus"), correct: byReceipt("correct"), withdraw: byReceipt("withdraw") };
  if (registered) Object.assign(registered, { links });
  return whole;
};
