import { t } from "../equipment/file-test.ts";
import { assess } from "../../console/assessment.ts";
import type { TierState } from "../../admin/inspector/tier-state.ts";
import { inspectionWith } from "./inspection.ts";

type Changes = Parameters<typeof inspectionWith>[0];
const say = (changes: Changes) =>
  assess({ at: 0, inspection: inspectionWith(changes), tiers: undefined, failure: undefined });
const web: TierState = { tier: "web", health: "ok", causes: [] };
const worker: TierState = { tier: "worker", health: "ok", causes: [] };

t.test("calm is called calm, and before the first poll nothing is claimed", async (t) => {
  t.match(say({}), { level: "ok", title: "All is well" });
  t.match(assess({ at: 0, inspection: undefined, tiers: undefined, failure: undefined }), { level: "unknown" });
});

t.test("what stops registrations comes before what merely waits", async (t) => {
  const silent: TierState = { ...worker, health: "unreachable", causes: ["does not answer"] };
  const queue = { messages: 10, registrationsEstimate: 100, deadLetters: { open: 3, byReason: {}, notCollected: 0 } };
  t.match(say({ queue, tiers: [web, silent] }), { level: "trouble", title: /worker/, text: /100 people/ });
  const shut: TierState = { ...web, health: "unhealthy", causes: ["queue unreachable"] };
  t.match(say({ queue, tiers: [shut, worker] }), {
    level: "trouble",
    title: /web tier/,
    causes: ["queue unreachable"],
  });
  t.match(say({ queue }), { level: "attention", title: "3 registrations need attention" });
});

t.test("a queue tells how long the wait is, or that it grows, or that nobody is being stored", async (t) => {
  const queue = { messages: 10, registrationsEstimate: 2_000, drainPerSecond: 100, etaSeconds: 20 };
  t.match(say({ queue }), { level: "busy", text: /2,000 people.*20 s/ });
  t.match(say({ queue, rates: { acceptedPerSecond: 150 } }), { title: /faster than they are stored/, text: /20 s/ });
  const stalled = { ...queue, drainPerSecond: 0, etaSeconds: null };
  t.match(say({ queue: stalled }), { level: "busy", text: /2,000 people are waiting; how long is unknown/ });
  t.match(say({ queue: { ...stalled, oldestAgeSeconds: 3_600 } }), { level: "attention", text: /1 h/ });
});

t.test("a lower bound is not called an estimate", async (t) => {
  const queue = { messages: 10, registrationsEstimate: 2_000, drainPerSecond: 100, etaSeconds: 20 };
  t.match(say({ queue }).text, /^About 2,000/);
  t.match(say({ queue: { ...queue, atLeast: true } }).text, /^At least 2,000/);
});

t.test("a console that sees nothing says so, and what to do; it does not say that all is well", async (t) => {
  const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
  const blind = assess({
    at: 5,
    inspection: inspectionWith(),
    tiers: undefined,
    failure: { error: refused, since: 0 },
  });
  t.match(blind, { level: "trouble", title: /cannot reach/ });
  t.match(blind.causes.join(" "), /does not answer.*Check/);
  const missing = Object.assign(new Error("Could not load credentials"), { name: "CredentialsProviderError" });
  t.match(
    assess({ at: 5, inspection: undefined, tiers: undefined, failure: { error: missing, since: 0 } }).causes.join(" "),
    /Log in/,
  );
});
