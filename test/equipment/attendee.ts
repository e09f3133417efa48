/** Somebody who registers over HTTP, as a program does: sends, keeps the receipt, asks again. */
import { eventually } from "./eventually.ts";

export interface Accepted {
  readonly receipt: string;
  readonly status: "pending";
  readonly statusUrl: string;
  readonly retryAfterSeconds: number;
}

export interface Submission {
  readonly email: string;
  readonly name: string;
  readonly answers?: Record<string, unknown>;
}

/** @param web URL of a web tier */
export function postRegistration(
  web: string,
  submission: Submission,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${web}/registrations`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(submission),
  });
}

/** @throws Error when the answer is not 202 */
export async function acceptedOf(response: Response): Promise<Accepted> {
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Accepted;
}

/** @returns milliseconds until the receipt said `confirmed` */
export async function untilConfirmed(web: string, { statusUrl }: Accepted, withinMs = 30_000): Promise<number> {
  const startedAt = performance.now();
  await eventually(
    async () => ((await (await fetch(web + statusUrl)).json()) as { status: string }).status === "confirmed",
    "the registration is confirmed",
    withinMs,
  );
  return performance.now() - startedAt;
}

/**
 * Does the same for many, a bounded number at a time.
 * @returns the results, in order
 */
export async function forEach<T, R>(
  all: readonly T[],
  atOnce: number,
  run: (one: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  async function worker(): Promise<void> {
    while (next < all.length) {
      const index = next;
      next += 1;
      results[index] = await run(all[index]!, index);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
