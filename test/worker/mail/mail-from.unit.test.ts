import { t } from "../../equipment/file-test.ts";
import { encodeSender, parseSender } from "../../../worker/mail/mail-from.ts";

t.test("a sender is an address, with or without a name", async (t) => {
  t.same(parseSender("tickets@summit.org"), { name: "", address: "tickets@summit.org" });
  t.same(parseSender("Summit 2027 <tickets@summit.org>"), { name: "Summit 2027", address: "tickets@summit.org" });
  t.same(parseSender('"Summit, Inc." <tickets@summit.org>'), { name: "Summit, Inc.", address: "tickets@summit.org" });
});

t.test("a name stands in a mail as the standards want it: plain, quoted, or in encoded words", async (t) => {
  t.equal(encodeSender("tickets@summit.org"), "tickets@summit.org");
  t.equal(encodeSender("Summit 2027 <tickets@summit.org>"), "Summit 2027 <tickets@summit.org>");
  t.equal(encodeSender("Summit, Inc. <tickets@summit.org>"), '"Summit, Inc." <tickets@summit.org>');
  const name = "Größte Veranstaltung für Übersetzerinnen und Übersetzer 🎟️ in München";
  const encoded = encodeSender(`${name} <tickets@summit.org>`);
  t.match(encoded, /^[\x20-\x7e]+ <tickets@summit\.org>$/);
  const words = [...encoded.matchAll(/=\?UTF-8\?B\?([^?]+)\?=/g)];
  t.ok(words.length > 1);
  for (const [word] of words) t.ok(word.length <= 75, word);
  t.equal(words.map(([, text = ""]) => Buffer.from(text, "base64").toString()).join(""), name);
});
