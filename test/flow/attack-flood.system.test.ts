/** One client that sends too much, and what it says about where it comes from. */
import t, { type Test } from "tap";
import { createLocalStack } from "../../local/stack.ts";

const limit = 5;

async function startWeb(test: Test, environment: Record<string, string>): Promise<string> {
  const stack = createLocalStack({
    tiers: ["web"],
    periodicTasks: false,
    environment: { ...environment, RATE_LIMIT_PER_MINUTE: String(limit) },
  });
  test.teardown(() => stack.stop());
  const { web } = await stack.start();
  return web!;
}

let sent = 0;

function register(web: string, forwardedFor?: string): Promise<Response> {
  sent += 1;
  return fetch(`${web}/registrations`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(forwardedFor !== undefined && { "x-forwarded-for": forwardedFor }),
    },
    body: JSON.stringify({ email: `flood-${sent}@example.org`, name: "Flood" }),
  });
}

async function statuses(web: string, senders: readonly (string | undefined)[]): Promise<number[]> {
  const all: number[] = [];
  for (const sender of senders) {
    const response = await register(web, sender);
    await response.body?.cancel();
    all.push(response.status);
  }
  return all;
}

const accepted = (count: number) => Array.from({ length: count }, () => 202);

t.test(
  "a client over its limit gets 429 with Retry-After and a problem document, and nothing else is affected",
  async (t) => {
    const web = await startWeb(t, {});
    t.same(
      await statuses(
        web,
        Array.from({ length: limit }, () => undefined),
      ),
      accepted(limit),
    );
    const rejected = await register(web);
    t.equal(rejected.status, 429);
    t.ok(Number(rejected.headers.get("retry-after")) > 0);
    t.match(rejected.headers.get("content-type"), "application/problem+json");
    t.match(await rejected.json(), { code: "TURNOUT_RATE_LIMITED", status: 429 });
    for (const path of ["/health", "/ready", "/"]) t.equal((await fetch(`${web}${path}`)).status, 200, path);
  },
);

t.test("forged X-Forwarded-For headers all land in one bucket, for nobody is trusted by default", async (t) => {
  const web = await startWeb(t, {});
  const forged = Array.from({ length: limit + 2 }, (_, index) => `203.0.113.${index}`);
  t.same(await statuses(web, forged), [...accepted(limit), 429, 429]);
});

t.test(
  "a trusted proxy's X-Forwarded-For tells clients apart, and what the client put in front of it does not count",
  async (t) => {
    const web = await startWeb(t, { TRUST_PROXY: "127.0.0.0/8" });
    t.same(
      await statuses(
        web,
        Array.from({ length: limit + 1 }, () => "203.0.113.7"),
      ),
      [...accepted(limit), 429],
    );
    t.same(await statuses(web, ["203.0.113.8"]), [202], "another client has a bucket of its own");
    t.same(await statuses(web, ["198.51.100.1, 203.0.113.7"]), [429], "the same client with a forged address in front");
  },
);

t.test("an IPv6 client is its /64: a new address from the same network is no new client", async (t) => {
  const web = await startWeb(t, { TRUST_PROXY: "127.0.0.0/8" });
  const sameNetwork = Array.from({ length: limit + 1 }, (_, index) => `2001:db8:1:2::${index + 1}`);
  t.same(await statuses(web, sameNetwork), [...accepted(limit), 429]);
  t.same(await statuses(web, ["2001:db8:1:3::1"]), [202], "another /64 is another client");
});
