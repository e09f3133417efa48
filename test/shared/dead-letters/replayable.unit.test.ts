import { t } from "../../equipment/file-test.ts";
import { describeErrors, toReplayable } from "../../../shared/dead-letters/replayable.ts";
import { decodePack, joinPack, maxPackBytes } from "../../../shared/registration/registration-pack.ts";
import { person } from "../../equipment/dead-letter-seeds.ts";

t.test("what is sent is the registration, marked with the record that it belongs to", async (t) => {
  const replayable = toReplayable("raw-1", { ...person(1), replayOf: "an-older-record", claim: "an-older-claim" });
  if (replayable.kind === "refused") return t.fail("refused");
  t.same(decodePack(joinPack([replayable.encoded])).registrations, [
    { ...person(1), replayOf: "raw-1", claim: replayable.claim },
  ]);
  t.not(toReplayable("raw-1", person(1)), { claim: replayable.claim }, "no two claims are alike");
});

t.test("what would fail again is rejected, with where and why", async (t) => {
  const wrong = toReplayable("x", { ...person(1), email: "nobody", name: "" });
  if (wrong.kind !== "refused") return t.fail("not rejected");
  t.same(wrong.validationErrors.map(({ pointer }) => pointer).toSorted(), ["/email", "/name"]);
  t.match(describeErrors(wrong.validationErrors), /\/email must be .*; /);
  t.match(toReplayable("x", undefined), { kind: "refused", validationErrors: [{ detail: /dead-letters edit/ }] });
});

t.test("what does not fit into a message is rejected", async (t) => {
  const answers = (fields: number) =>
    Object.fromEntries(Array.from({ length: fields }, (_, index) => [`field${index}`, "x".repeat(2_000)]));
  t.equal(toReplayable("x", { ...person(1), answers: answers(30) }).kind, "replayable");
  t.match(toReplayable("x", { ...person(1), answers: answers(40) }), {
    kind: "refused",
    validationErrors: [{ pointer: "", detail: new RegExp(String(maxPackBytes)) }],
  });
});
