import { t } from "../../equipment/file-test.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { addRecord, openConsole, registrationOf } from "../open-console.ts";

t.test("dead letters in the console", async (t) => {
  const { connection } = await startEngines(t);
  const { get, post, deadLetters } = await openConsole(t, connection);

  t.test("none at all is said kindly", async (t) => {
    t.match((await get("/dead-letters")).body, "There are no dead letters");
  });

  t.test("are grouped by reason, filtered by reason and state, open ones first of all", async (t) => {
    const open = await addRecord(connection);
    const done = await addRecord(connection, {
      state: "resolved",
      reason: "crash-loop",
      registration: registrationOf("bob@example.org"),
    });
    const all = await get("/dead-letters");
    t.match(all.body, /Not a valid registration[^]*Received repeatedly/);
    t.match(all.body, `href="/dead-letters/${open.id}"`);
    t.notMatch(all.body, `href="/dead-letters/${done.id}"`);
    const filtered = await get("/dead-letters?reason=crash-loop&state=all");
    t.match(filtered.body, "bob@example.org");
    t.notMatch(filtered.body, `href="/dead-letters/${open.id}"`);
    t.equal((await get("/dead-letters?reason=nonsense")).statusCode, 400);
    t.equal((await get("/dead-letters/no-such-id")).statusCode, 404);
  });

  t.test("what is being replayed or stored can be read, and neither edited nor discarded", async (t) => {
    const until = new Date(Date.now() + 60_000).toISOString();
    const claimed = await addRecord(connection, { claim: "c", claimedBy: "ann on laptop", claimedUntil: until });
    const storing = await addRecord(connection, { state: "storing", claim: "c" });
    for (const [{ id }, words] of [
      [claimed, /ann on laptop is replaying it/],
      [storing, /a worker is storing it/],
    ] as const) {
      const page = await get(`/dead-letters/${id}`);
      t.match(page.body, words);
      t.notMatch(page.body, /Check changes|Discard permanently/);
      t.equal((await post(`/dead-letters/${id}/discard`, { why: "spam" })).statusCode, 409);
      t.equal((await post(`/dead-letters/${id}/edit`, { name: "Ann", why: "x", step: "save" })).statusCode, 409);
    }
    t.match((await get("/dead-letters?state=storing")).body, `href="/dead-letters/${storing.id}"`);
  });

  t.test("a registration that only the code of today can read is offered to be replayed as it stands", async (t) => {
    const body = JSON.stringify({ v: 1, registrations: [registrationOf("late@example.org")] });
    const { id } = await addRecord(connection, { body, email: "late@example.org" });
    const page = await get(`/dead-letters/${id}`);
    t.match(page.body, /It is valid and can be replayed[^]*Replay …/);
    t.match((await get("/dead-letters")).body, "late@example.org");
  });

  t.test("what an attendee wrote is text, whatever it looks like", async (t) => {
    const name = `"><script>alert(1)</script>\u202e`;
    const body = JSON.stringify({ v: 1, registrations: [{ ...registrationOf("<b>@x"), name }] });
    const { id } = await addRecord(connection, { body, detail: "<i>detail</i>" });
    const page = await get(`/dead-letters/${id}`);
    t.notMatch(page.body, /<script>alert|<b>@x|<i>detail/);
    t.match(page.body, "&lt;script&gt;");
    const raw = await get(`/dead-letters/${id}/body`);
    t.match(raw.headers, { "content-disposition": /attachment/, "content-type": "application/octet-stream" });
    t.equal(raw.body, body);
  });

  t.test(
    "an edit that the schema refuses changes nothing and shows where; a right one is checked, then saved",
    async (t) => {
      const { id } = await addRecord(connection);
      const fields = {
        name: "Ann Lee",
        "answers.ticket": "Both",
        "answers.guests": "2",
        "answers.conduct": "true",
        why: "asked",
      };
      const refused = await post(`/dead-letters/${id}/edit`, { ...fields, email: "still@wrong", step: "save" });
      t.equal(refused.statusCode, 400);
      t.match(refused.body, /<code>\/email<\/code>/);
      t.match(refused.body, /value="still@wrong"/, "what was entered is kept");
      const tooMany = { ...fields, email: "ann@example.org", "answers.guests": "9", step: "save" };
      t.match((await post(`/dead-letters/${id}/edit`, tooMany)).body, /\/answers\/guests/);
      const same = await post(`/dead-letters/${id}/edit`, { ...fields, email: "ann@example.org", step: "check" });
      t.match(same.body, /ann@example<\/del> → <ins[^>]*>ann@example.org/);
      t.equal((await deadLetters.read(id)).record.history.length, 1, "a check changes nothing");
      const right = { ...fields, email: "ann@example.org", step: "save" };
      t.equal((await post(`/dead-letters/${id}/edit`, { ...right, why: "" })).statusCode, 400, "not without a reason");
      t.equal((await post(`/dead-letters/${id}/edit`, right)).statusCode, 303);
      const { record } = await deadLetters.read(id);
      t.match(record.history.at(-1), {
        what: "edited",
        detail: "asked",
        changes: { email: { to: "ann@example.org" } },
      });
      t.match(record.registration, { email: "ann@example.org" });
      t.match((await get(`/dead-letters/${id}?done=edited`)).body, /Saved\.[^]*Replay …/);
    },
  );

  t.test("a discard wants a reason, happens once, and is told to whoever comes later", async (t) => {
    const { id } = await addRecord(connection);
    t.equal((await post(`/dead-letters/${id}/discard`, { why: " " })).statusCode, 400);
    t.equal((await post(`/dead-letters/${id}/discard`, { why: "spam" })).statusCode, 303);
    const again = await post(`/dead-letters/${id}/discard`, { why: "spam" });
    t.match(again, { statusCode: 409, body: /discarded/ });
    t.notMatch((await get(`/dead-letters/${id}`)).body, "Discard permanently");
    t.match(await deadLetters.readLog(5), [{ action: "discard", why: "spam", ids: [id] }]);
  });
});
