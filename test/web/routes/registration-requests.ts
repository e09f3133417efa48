/** What the tests of the registrations resource send, and how they read the replies. */
import { buildTestApp, type TestApp, type TestAppOptions } from "../../equipment/web-app.ts";

export const valid = { email: "ada@example.org", name: "Ada Lovelace", answers: { meal: "meat", terms: true } };

/** The web tier by itself, closed after the test. */
export async function prepare(
  t: { teardown(end: () => unknown): void },
  options: TestAppOptions = {},
): Promise<TestApp> {
  const stage = await buildTestApp(options);
  t.teardown(() => stage.app.close());
  return stage;
}

export interface Reply {
  readonly statusCode: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
  json(): unknown;
}

export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly errors?: { pointer: string; detail: string }[];
}

export const json = { "content-type": "application/json" };
export const form = { "content-type": "application/x-www-form-urlencoded" };
export const html = { accept: "text/html,application/xhtml+xml" };

/** Sends at once: a bare `inject` waits until somebody waits for it. */
export async function post({ app }: TestApp, payload: unknown, headers: Record<string, string> = json): Promise<Reply> {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return app.inject({ method: "POST", url: "/registrations", headers, payload: text });
}

export const problemOf = (reply: Reply) => reply.json() as Problem;
export const acceptedOf = (reply: Reply) =>
  reply.json() as { receipt: string; status: string; statusUrl: string; retryAfterSeconds: number };
