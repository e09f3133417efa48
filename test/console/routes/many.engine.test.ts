import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { t } from "../../equipment/file-test.ts";
import { eventually } from "../../equipment/eventually.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { addRecord, openConsole, registrationOf } from "../open-console.ts";

t.test("one change of many dead letters", async (t) => {
  const { connection } = await startEngines(t);
  const { get, post, deadLetters, manyRuns } = await openConsole(t, connection);
  const typo = (name: string) => addRecord(connection, { registration: registrationOf(`${name}@exmaple`) });
  const [ann, bob, cid] = [await typo("ann"), await typo("bob"), await typo("cid")];
  const mended = await addRecord(connection, { registration: registrationOf("dan@example.org") });
  const replace = { action: "edit", field: "email", kind: "replace", part: "@exmaple", by: "@example.org", all: "yes" };

  async function checked(fields: Record<string, string | string[]>): Promise<string> {
    const answer = await post("/dead-letters/many", fields);
    t.equal(answer.statusCode, 303);
    const url = String(answer.headers.location);
    await eventually(() => manyRuns.find(url.split("/").at(-1)!)?.phase === "checked", "it is checked", 20_000);
    return url;
  }

  async function ended(url: string, why: string): Promise<string> {
    t.equal((await post(`${url}/execute`, { why })).statusCode, 303);
    await eventually(() => manyRuns.find(url.split("/").at(-1)!)?.phase === "ended", "it has ended", 20_000);
    return (await get(url)).body;
  }

  t.test("is asked for in a form that comes back as it was", async (t) => {
    const page = await get("/dead-letters/many?all=yes&action=edit");
    t.match(page.body, /<b>4<\/b> are selected[^]*answers.ticket/);
    const wrong = await post("/dead-letters/many", { ...replace, part: "", why: "typos" });
    t.equal(wrong.statusCode, 400);
    t.match(wrong.body, /href="#part"[^]*id="part-error"/);
    t.match(wrong.body, /id="by"[^>]*value="@example.org"/);
    t.match(wrong.body, /id="why"[^>]*value="typos"/);
    for (const [fields, control] of [
      [{ ...replace, field: "id" }, "field"],
      [{ ...replace, kind: "remove" }, "field"],
      [{ ...replace, kind: "set", value: "" }, "value"],
    ] as const) {
      t.match(await post("/dead-letters/many", fields), { statusCode: 400, body: `href="#${control}"` });
    }
  });

  t.test("shows what would change, asks why, skips what somebody changed meanwhile, and lists it", async (t) => {
    const url = await checked(replace);
    const plan = (await get(url)).body;
    t.match(plan, /Checked: 3 of 4 would be changed[^]*Unchanged<\/dt><dd><b>1/);
    t.match(plan, /ann@exmaple<\/del> → <ins[^>]*>ann@example.org/);
    const without = await post(`${url}/execute`, { why: "" });
    t.match(without, { statusCode: 400, body: /href="#why"[^]*Please give a reason/ });
    t.match((await get(`/dead-letters/many?from=${url.split("/").at(-1)}`)).body, 'value="@exmaple"', "can be altered");
    const { record, body } = await deadLetters.read(bob.id);
    const edit = deadLetters.propose(record, body, [{ field: "email", value: "robert@example.org" }]);
    await deadLetters.saveEdit(record, edit, "asked by phone");

    const done = await ended(url, "typos of the partner");
    t.match(done, /<b>2<\/b> changed, <b>1<\/b> skipped/);
    t.match(done, new RegExp(`Skipped[^]*${bob.id}[^]*changed or replays it meanwhile`));
    t.match((await deadLetters.read(ann.id)).record, {
      registration: { email: "ann@example.org" },
      history: [{}, { what: "edited", detail: "typos of the partner", changes: { email: { to: "ann@example.org" } } }],
    });
    t.match((await deadLetters.read(bob.id)).record.registration, { email: "robert@example.org" }, "theirs is kept");
    t.match((await deadLetters.read(mended.id)).record.history, { length: 1 });
    const [line, ...others] = (await deadLetters.readLog(10)).filter(({ why }) => why === "typos of the partner");
    t.match(line, { action: "edit", detail: "replaces a part of email: changed 2; 1 skipped, changed meanwhile" });
    t.same(others, [], "one entry, of what happened");
    t.match((await get("/dead-letters")).body, "ann@example.org", "the list knows it");
  });

  t.test("can be repeated: what is done is left as it is", async (t) => {
    const plan = (await get(await checked(replace))).body;
    t.match(plan, /Checked: 0 of 4 would be changed[^]*There is nothing to do/);
  });

  t.test("says what would not be valid, and leaves it", async (t) => {
    const url = await checked({ ...replace, kind: "set", field: "answers.guests", value: "9" });
    t.match((await get(url)).body, /Would not be valid<\/dt><dd><b>4[^]*<b>4<\/b> × <code>\/answers\/guests<\/code>/);
  });

  t.test("discards many with a reason, but not what is being replayed", async (t) => {
    const until = new Date(Date.now() + 60_000).toISOString();
    const { documents, deadLettersTable: TableName } = connection;
    await documents.send(
      new UpdateCommand({
        TableName,
        Key: { id: cid.id },
        UpdateExpression: "SET claim = :c, claimedBy = :b, claimedUntil = :u",
        ExpressionAttributeValues: { ":c": "c", ":b": "ann on laptop", ":u": until },
      }),
    );
    t.match((await get("/dead-letters/many?action=discard&all=yes")).body, /<b>4<\/b> are selected[^]*Check 4/);
    const url = await checked({ action: "discard", all: "yes", why: "a test" });
    t.match((await get(url)).body, /3 of 4 would be discarded[^]*value="a test"[^]*is being replayed by ann on laptop/);
    t.match(await ended(url, "a test"), /<b>3<\/b> discarded/);
    t.match((await deadLetters.read(ann.id)).record, { state: "discarded", history: [{}, {}, { detail: "a test" }] });
    t.match((await deadLetters.read(cid.id)).record, { state: "open" });
    t.match(await get("/dead-letters/many/unknown"), { statusCode: 404, body: /can be repeated/ });
  });
});
