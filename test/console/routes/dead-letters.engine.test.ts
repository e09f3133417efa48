import { t } from "../../equipment/file-test.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { addRecord, deadConnection, openConsole, registrationOf } from "../open-console.ts";

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

  const fields = {
    name: "Ann Lee",
    email: "ann@example.org",
    "answers.ticket": "Both",
    "answers.guests": "2",
    "answers.conduct": "true",
  };

  t.test("an edit without a reason comes back as it was, with the problem at the field", async (t) => {
    const { id } = await addRecord(connection);
    const page = await post(`/dead-letters/${id}/edit`, {
      ...fields,
      seen: "1",
      name: "Ann Ruth",
      step: "save",
      why: " ",
    });
    t.equal(page.statusCode, 400);
    t.match(page.body, /role="alert" tabindex="-1" id="edit-result"[^]*href="#why">Why<[^]*Please give a reason/);
    t.match(page.body, /id="why"[^>]*aria-describedby="why-hint why-error" aria-invalid="true"/);
    t.match(page.body, 'value="Ann Ruth"', "what was entered is there");
    t.match(page.body, /<title>Error: /);
    t.match(page.body, 'value="save"', "it can be saved from here");
    t.equal((await deadLetters.read(id)).record.history.length, 1);
  });

  t.test("a discard without a reason comes back as well", async (t) => {
    const { id } = await addRecord(connection);
    const page = await post(`/dead-letters/${id}/discard`, { why: "", seen: "1" });
    t.equal(page.statusCode, 400);
    t.match(page.body, /id="discard-result"[^]*href="#discard-why"[^]*id="discard-why"[^>]*aria-invalid="true"/);
  });

  t.test("of two who edit at once, the second sees both, and undoes nothing that the first one did", async (t) => {
    const { id } = await addRecord(connection);
    const theirs = {
      ...fields,
      seen: "1",
      step: "save",
      name: "Ann of theirs",
      "answers.guests": "4",
      why: "by phone",
    };
    t.equal((await post(`/dead-letters/${id}/edit`, theirs)).statusCode, 303);
    // Loaded before: the guests were not touched, the name was.
    const ours = { ...fields, seen: "1", step: "save", name: "Ann of ours", why: "by mail" };
    const page = await post(`/dead-letters/${id}/edit`, ours);
    t.equal(page.statusCode, 409);
    t.match(page.body, /Not saved: somebody else changed[^]*by phone[^]*Both of you changed/);
    t.match(page.body, /theirs is <ins[^>]*>Ann of theirs<[^]*yours is <ins[^>]*>Ann of ours</);
    t.match(page.body, /name="name"[^>]*value="Ann of ours"/, "what was entered is in the form");
    t.match(page.body, /name="answers.guests"[^>]*value="4"/, "so is what only they changed");
    t.match(page.body, /name="seen" value="2"/);
    t.match(page.body, /id="why"[^>]*value="by mail"/);
    t.match((await deadLetters.read(id)).record.registration, { name: "Ann of theirs" });
    const again = { ...ours, seen: "2", "answers.guests": "4" };
    t.equal((await post(`/dead-letters/${id}/edit`, again)).statusCode, 303, "and saves on purpose");
    t.match((await deadLetters.read(id)).record.registration, { name: "Ann of ours", answers: { guests: 4 } });
  });

  t.test("what was entered for one that was discarded meanwhile is shown, not lost", async (t) => {
    const { id } = await addRecord(connection);
    t.equal((await post(`/dead-letters/${id}/discard`, { why: "spam", seen: "1" })).statusCode, 303);
    const page = await post(`/dead-letters/${id}/edit`, {
      ...fields,
      seen: "1",
      step: "save",
      name: "Ann Ruth",
      why: "asked",
    });
    t.equal(page.statusCode, 409);
    t.match(page.body, /is discarded[^]*What you entered[^]*Ann Ruth[^]*Your reason: <span[^>]*>asked</);
    const discard = await post(`/dead-letters/${id}/discard`, { why: "spam, too", seen: "1" });
    t.match(discard, { statusCode: 409, body: /discarded<\/b> by[^]*Your reason: <span[^>]*>spam, too</ });
  });

  t.test("a table that does not answer costs nothing of what was entered", async (t) => {
    const lost = await openConsole(t, { ...deadConnection(t), identity: connection.identity });
    const page = await lost.post("/dead-letters/some-id/edit", { name: "Ann Ruth", why: "asked", step: "save" });
    t.equal(page.statusCode, 502);
    t.match(page.body, /action="\/dead-letters\/some-id\/edit"[^]*name="name" value="Ann Ruth"[^]*Try again/);
    const foreign = await lost.post("/dead-letters/some-id/edit", { name: "Ann" }, { origin: "https://evil.example" });
    t.equal(foreign.statusCode, 403);
    t.notMatch(foreign.body, "Try again", "control: never for what another site posts");
  });

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
