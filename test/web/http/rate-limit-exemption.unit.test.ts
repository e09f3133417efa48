import { t } from "../../equipment/file-test.ts";
import { buildTestApp } from "../../equipment/web-app.ts";
import { valid } from "../routes/registration-requests.ts";
import { createRateLimitExemption, exemptionPattern } from "../../../web/http/rate-limit-exemption.ts";

const until = Date.parse("2027-02-01T12:00Z");

t.test("addresses and ranges of both versions are exempt until the time, and never after it", async (t) => {
  let now = until - 1;
  const isExempt = createRateLimitExemption(
    "203.0.113.7,198.51.100.0/24,2001:db8::/48 until 2027-02-01T12:00Z",
    () => now,
  );
  for (const ip of ["203.0.113.7", "198.51.100.200", "2001:db8:0:1::9", "::ffff:203.0.113.7"]) t.ok(isExempt(ip), ip);
  for (const ip of ["203.0.113.8", "198.51.101.1", "2001:db9::1"]) t.notOk(isExempt(ip), ip);
  now = until;
  t.notOk(isExempt("203.0.113.7"), "the load test is over");
});

t.test("an exemption without an end is no valid one; a range that does not exist stops the process", async (t) => {
  const pattern = new RegExp(exemptionPattern);
  t.match("203.0.113.7 until 2027-02-01T12:00Z", pattern);
  for (const text of ["203.0.113.7", "203.0.113.7 until", "203.0.113.7 until tomorrow", " until 2027-02-01T12:00Z"])
    t.notMatch(text, pattern, text);
  t.throws(() => createRateLimitExemption("203.0.113.7/33 until 2027-02-01T12:00Z", Date.now));
  t.throws(() => createRateLimitExemption("203.0.113.7 until 2027-13-01T12:00Z", Date.now));
});

t.test("a load test's address may send beyond the limit; everybody else is limited meanwhile", async (t) => {
  const isExempt = createRateLimitExemption("203.0.113.7 until 2027-02-01T12:00Z", () => until - 1);
  const limits = { rateLimitPerMinute: 2, trustedProxies: ["127.0.0.1"], isExempt };
  const { app } = await buildTestApp({ limits });
  t.teardown(() => app.close());
  const statuses = async (address: string) => {
    const codes: number[] = [];
    for (let sent = 0; sent < 4; sent += 1) {
      const reply = await app.inject({
        method: "POST",
        url: "/registrations",
        headers: { "content-type": "application/json", "x-forwarded-for": address },
        payload: { ...valid, email: `ann${sent}@example.org` },
      });
      codes.push(reply.statusCode);
    }
    return codes;
  };
  t.same(await statuses("203.0.113.7"), [202, 202, 202, 202]);
  t.same(await statuses("203.0.113.8"), [202, 202, 429, 429]);
});
