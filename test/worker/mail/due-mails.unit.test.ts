import { t } from "../../equipment/file-test.ts";
import { dueMails } from "../../../worker/mail/due-mails.ts";
import { somebody } from "../../equipment/people.ts";

t.test("who is stored is due a confirmation, in the language in which they registered", async (t) => {
  const [ada, grace] = [somebody({ language: "de" }), somebody()];
  t.same(dueMails([ada, grace], [{ kind: "stored" }, { kind: "stored" }]), [
    { kind: "confirmed", id: ada.id, email: ada.email, language: "de" },
    { kind: "confirmed", id: grace.id, email: grace.email },
  ]);
});

t.test("a second registration of an address is due a notice, under its own id", async (t) => {
  const second = somebody();
  t.same(dueMails([second], [{ kind: "duplicate" }]), [
    { kind: "already-registered", id: second.id, email: second.email },
  ]);
});

t.test("a replay that is stored is due its mail as well", async (t) => {
  const replay = somebody({ replayOf: "record", claim: "claim" });
  t.same(dueMails([replay], [{ kind: "stored" }]), [{ kind: "confirmed", id: replay.id, email: replay.email }]);
});

t.test("nothing is due for what is not stored, and nothing twice for a message that comes again", async (t) => {
  const kinds = ["unfinished", "rejected", "erased", "withdrawn", "discarded"];
  const all = kinds.map(() => somebody());
  t.same(dueMails([...all, somebody()], [...kinds.map((kind) => ({ kind })), undefined]), []);
  const one = [somebody()];
  t.same(dueMails(one, [{ kind: "stored" }]), dueMails(one, [{ kind: "stored" }]));
});
