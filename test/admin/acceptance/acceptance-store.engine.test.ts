import { t } from "../../equipment/file-test.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { createAcceptanceStore } from "../../../admin/acceptance/acceptance-store.ts";
import { createAuditLog } from "../../../admin/audit-log.ts";

const { connection } = await startEngines(t);
const start = Date.parse("2026-03-01T10:00:00.000Z");
let now = start;

const storeOf = (who: string) =>
  createAcceptanceStore({ connection: { ...connection, identity: async () => who }, wallClock: () => now });
const [ann, bob] = [storeOf("ann"), storeOf("bob")];
const pause = { kind: "pause", until: undefined, notice: {} } as const;

t.test("a pause, a notice and a resumption follow each other, with who, why and when", async (t) => {
  const until = new Date(start + 60_000).toISOString();
  const paused = await ann.change({ kind: "pause", until, notice: { en: "Back at noon." } }, "count");
  t.same(paused, {
    state: "paused",
    until,
    pauseNotice: { en: "Back at noon." },
    notice: {},
    who: "ann",
    why: "count",
    at: new Date(start).toISOString(),
    version: 1,
  });
  now += 1_000;
  const announced = await bob.change({ kind: "notice", notice: { event: "Hall 4." } }, "flooded");
  t.match(announced, { state: "paused", until, pauseNotice: { en: "Back at noon." }, notice: { event: "Hall 4." } });
  t.match(announced, { who: "bob", version: 2 });
  t.same(await ann.read(), announced);
  now += 1_000;
  const resumed = await ann.change({ kind: "resume" }, "counted");
  t.same(resumed.pauseNotice, {}, "what was said of the pause goes with it");
  t.match(resumed, { state: "open", notice: { event: "Hall 4." }, version: 3 });
  t.notOk("until" in resumed);
});

t.test("each is in the audit log, without the text of a notice", async (t) => {
  const log = createAuditLog({ connection, who: "", wallClock: () => now });
  t.match(await log.read("", new AbortController().signal), [
    { who: "ann", action: "pause", detail: /^paused acceptance until 2026-.*Z, with a notice in en$/, why: "count" },
    { who: "bob", action: "notice", detail: "set a notice in event", why: "flooded" },
    { who: "ann", action: "resume", detail: "resumed acceptance", why: "counted" },
  ]);
});

t.test("of two people at once one decides, and the other is told who did", async (t) => {
  const ends = await Promise.allSettled([ann.change(pause, "one"), bob.change(pause, "two")]);
  const done = ends.filter((end) => end.status === "fulfilled");
  // Both may also come one after the other: then each has a version of its own.
  for (const end of ends) if (end.status === "rejected") t.match(end.reason, { code: "TURNOUT_ACCEPTANCE_CHANGED" });
  t.equal((await ann.read()).version, 3 + done.length);
});

t.test("who decides by what is over is refused, whatever is stored since", async (t) => {
  const { version } = await ann.read();
  await bob.change({ kind: "resume" }, "now");
  await t.rejects(ann.change(pause, "late", version), {
    code: "TURNOUT_ACCEPTANCE_CHANGED",
    message: /^bob changed acceptance at 2026-/,
  });
  t.match(await ann.read(), { state: "open", who: "bob" });
});

t.test("what would change nothing is refused", async (t) => {
  await t.rejects(ann.change({ kind: "resume" }, "again"), { code: "TURNOUT_USAGE_INVALID" });
  const over = new Date(now).toISOString();
  await t.rejects(ann.change({ ...pause, until: over }, "late"), { code: "TURNOUT_USAGE_INVALID" });
  await ann.change({ kind: "notice", notice: {} }, "known");
  await t.rejects(ann.change({ kind: "notice", notice: {} }, "again"), { code: "TURNOUT_USAGE_INVALID" });
});
