import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { createRegistrationsStore } from "../../../admin/registrations/registrations-store.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { eventually } from "../../equipment/eventually.ts";
import { event, openConsole, registrationOf } from "../open-console.ts";

t.test("registrations by hand in the console", async (t) => {
  const { connection } = await startEngines(t, ["worker"]);
  const wording = "I agree to be called.";
  const consent = { id: "call", type: "consent", label: "Calls", text: wording, required: true } as const;
  const { get, post, deadLetters } = await openConsole(
    t,
    connection,
    false,
    parseEvent({ ...event, fields: [...event.fields, consent] }),
  );
  const store = createRegistrationsStore(connection.documents, connection.registrationsTable);
  const person = { email: " Ann@Example.org", name: "Ann Lee", "answers.conduct": "true", "answers.call": "true" };
  const idOf = (html: string) => /name="id" value="([^"]+)"/.exec(html)?.[1] ?? "";

  t.test("one is added, and sending the form twice is the same registration", async (t) => {
    const blank = await get("/registrations/new");
    t.match(blank.body, `Only if the person has agreed to this: “${wording}”`);
    const id = idOf(blank.body);
    const fields = { id, ...person, "answers.guests": "2", why: "by phone" };
    await post("/registrations/new", fields);
    await eventually(() => store.find("ann@example.org"), "it is stored");
    const again = await post("/registrations/new", fields);
    t.match(again, { statusCode: 200, body: /<h1>Stored[^]*ann@example.org/ });
    t.match(await store.find("ann@example.org"), {
      registrationId: id,
      answers: { guests: 2, conduct: true, call: new RegExp(`^sha256:\\w+ ${wording}`) },
    });
    const log = await deadLetters.readLog(10);
    t.match(log, [{ action: "add", ids: [id], why: "by phone" }, { action: "add" }]);
    t.notMatch(JSON.stringify(log), /ann/i, "no attendee data in the log");
  });

  t.test("a known address is told as such", async (t) => {
    const { body } = await get("/registrations/new");
    await eventually(() => store.find("ann@example.org"), "the first one is stored");
    const second = await post("/registrations/new", { id: idOf(body), ...person, name: "Other", why: "again" });
    t.match(second.body, /<h1>(Not stored: the address was registered already|On the queue)/);
    t.match(await store.find("ann@example.org"), { name: "Ann Lee" });
  });

  t.test("what was typed comes back, with the error at its field, when it is not valid or has no reason", async (t) => {
    const { body } = await get("/registrations/new");
    const id = idOf(body);
    const invalid = await post("/registrations/new", { id, ...person, "answers.guests": "9", why: "by phone" });
    t.equal(invalid.statusCode, 400);
    t.match(invalid.body, /value="9"[^>]*aria-invalid|aria-invalid[^>]*value="9"/);
    t.match(invalid.body, 'value="by phone"');
    const withoutWhy = await post("/registrations/new", { id, ...person, "answers.guests": "3", why: " " });
    t.equal(withoutWhy.statusCode, 400);
    t.match(withoutWhy.body, /value="3"[^]*id="why-error"/);
    t.equal(idOf(withoutWhy.body), id, "and it is still the same registration");
  });

  t.test("one is corrected, unless somebody changed it meanwhile", async (t) => {
    const { id: registrationId, ...rest } = registrationOf("bob@example.org");
    const answers = { ...rest.answers, call: `sha256:${"0".repeat(64)} ${wording}` };
    const Item = { ...rest, answers, registrationId, storedAt: rest.submittedAt };
    await connection.documents.send(new PutCommand({ TableName: connection.registrationsTable, Item }));
    const found = await post("/registrations", { email: "bob@example.org" });
    t.match(found.body, "Correct …");
    const form = await post("/registrations/correction", { email: "bob@example.org" });
    t.match(form.body, /name="seen" value=""[^]*value="Ann Lee"/);
    t.notMatch(form.body, /<input[^>]* id="edit-email"/, "the address is the key");
    const fields = {
      email: "bob@example.org",
      seen: "",
      name: "Bob",
      "answers.ticket": "Friday",
      "answers.conduct": "true",
    };
    await post("/registrations/correction/save", { ...fields, "answers.guests": "1", why: "by phone" });
    await eventually(async () => (await store.find("bob@example.org"))?.name === "Bob", "it is corrected");
    const corrected = await store.find("bob@example.org");
    t.match(corrected, { registrationId, answers: { ticket: "Friday", guests: 1, call: answers.call } });

    // What the form showed before that correction, and one field that was changed in it.
    const base = JSON.stringify({ name: "Ann Lee", answers });
    const before = { "answers.ticket": "Both", "answers.guests": "2", "answers.conduct": "true" };
    const late = await post("/registrations/correction/save", {
      ...before,
      email: "bob@example.org",
      seen: "",
      base,
      name: "Late",
      why: "by phone",
    });
    t.match(late, { statusCode: 409, body: /changed the registration meanwhile[^]*value="Late"/ });
    t.match(late.body, /<option selected>Friday</, "what the other one changed is kept");
    t.match(await store.find("bob@example.org"), { name: "Bob" });
    const seen = corrected?.changedAt ?? "";
    t.match(late.body, `name="seen" value="${seen}"`, "shown again, it can be sent");
    t.match(late.body, 'value="by phone"');
  });

  t.test("an address that is not registered, or none, is said to be that", async (t) => {
    t.match(await post("/registrations/correction", { email: "eve@example.org" }), { statusCode: 404 });
    t.match(await post("/registrations/correction", { email: "nobody" }), { statusCode: 400 });
  });
});
