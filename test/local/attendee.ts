/** Somebody who registers at a local stack and waits for the confirmation. */
import { eventually } from "../equipment/eventually.ts";

export async function register(web: string, email: string) {
  const response = await fetch(`${web}/registrations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, name: "Ann" }),
    signal: AbortSignal.timeout(10_000),
  });
  return { status: response.status, location: response.headers.get("location") ?? "" };
}

export async function status(web: string, location: string): Promise<string> {
  const response = await fetch(new URL(location, web), { headers: { accept: "application/json" } });
  return ((await response.json()) as { status: string }).status;
}

export const confirmed = (web: string, location: string) =>
  eventually(async () => (await status(web, location)) === "confirmed", "the registration is confirmed", 20_000);
