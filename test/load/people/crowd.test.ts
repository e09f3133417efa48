import { join } from "node:path";
import t from "tap";
import { createCrowd, crowdShares } from "../../../load/people/crowd.ts";
import type { LoadItem } from "../../../load/people/load-item.ts";
import { normalizeEmail } from "../../../shared/registration/email-address.ts";
import { loadEvent } from "../../../shared/registration/event-definition.ts";

const event = loadEvent(join(import.meta.dirname, "../../../event.json"));
const count = 10_000;
const crowd = [...createCrowd({ count, seed: 1, event })];
const ofKind = (kind: LoadItem["kind"]) => crowd.filter((item) => item.kind === kind);
const percent = (items: readonly unknown[]) => (100 * items.length) / count;

t.test("it has exactly as many requests as were asked for, in the shares it names", async (t) => {
  t.equal(crowd.length, count);
  t.ok(Math.abs(percent(ofKind("second registration")) - crowdShares.secondRegistrations) < 1);
  t.ok(Math.abs(percent(ofKind("second click")) - crowdShares.secondClicks) < 1);
  const odd = crowd.filter(({ submission: { email } }) => email.trim() !== email || email.toLowerCase() !== email);
  t.ok(Math.abs(percent(odd) - crowdShares.oddSpellings) < 1.5);
});

t.test("however an address is spelled, it is that of a person who came before, or of a new one", async (t) => {
  const known = new Set<string>();
  const wrong = crowd.filter(({ kind, submission }) => {
    const email = normalizeEmail(submission.email);
    const came = known.has(email);
    known.add(email);
    return came === (kind === "first registration");
  });
  t.strictSame(wrong, []);
  t.equal(known.size, ofKind("first registration").length);
});

t.test("both clicks of a double click are the same request with the same key; nobody else shares a key", async (t) => {
  const wrong = crowd.filter((item, index) => {
    const first = crowd[index - 1];
    const same = item.submission === first?.submission && item.idempotencyKey === first.idempotencyKey;
    return same !== (item.kind === "second click");
  });
  t.strictSame(wrong, []);
  t.equal(new Set(crowd.map((item) => item.idempotencyKey)).size, count - ofKind("second click").length);
});

t.test("the same seed makes the same crowd", async (t) => {
  t.strictSame([...createCrowd({ count: 500, seed: 9, event })], [...createCrowd({ count: 500, seed: 9, event })]);
});
