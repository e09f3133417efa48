import { t } from "../../equipment/file-test.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { putAll } from "../../equipment/dead-letter-seeds.ts";
import { fiveKinds } from "../../equipment/five-kinds.ts";
import { timesSlower } from "../../equipment/machine-speed.ts";
import { addRecord, openConsole, registrationOf } from "../open-console.ts";

const many = 10_000;
/** How long a page may take on a machine with nothing else to do; a busy one is given more. */
const quickMs = 1_000;

t.test("the list of dead letters", async (t) => {
  const { connection } = await startEngines(t);
  const { get, post, deadLetters } = await openConsole(t, connection);
  const idsIn = (body: string) => [...body.matchAll(/name="id" value="([^"]+)"/g)].map(([, id]) => id);
  const nextIn = (body: string) => /rel="next" href="([^"#]+)/.exec(body)?.[1]?.replaceAll("&amp;", "&");

  t.test("shows the address of what cannot be decoded, and finds it without an address in any URL", async (t) => {
    const body = '{"v":1,"registrations":[{"id":"cut","email":"zoe.cut@example.org","na';
    const { id } = await addRecord(connection, { id: "raw-cut", reason: "malformed", detail: "not JSON", body });
    await addRecord(connection, { registration: registrationOf("bob@example.org") });
    t.match((await get("/dead-letters")).body, "zoe.cut@example.org");
    const answer = await post("/dead-letters", { text: "Zoe.Cut@", state: "open" });
    t.equal(answer.statusCode, 303);
    const url = String(answer.headers.location);
    t.notMatch(decodeURIComponent(url), /zoe/i);
    const found = await get(url);
    t.same(idsIn(found.body), [id]);
    t.match(found.body, 'value="Zoe.Cut@"', "the text is in the field still");
    t.match(await get("/dead-letters?search=forgotten"), { statusCode: 400, body: /no longer knows the text/ });
  });

  t.test("a time that is none comes back with the problem at its field, and all else as it was", async (t) => {
    const page = await post("/dead-letters", { since: "yesterday", text: "bob@", state: "all" });
    t.equal(page.statusCode, 400);
    t.match(page.body, /href="#since"[^]*id="since-error"[^]*value="yesterday"[^>]*aria-invalid="true"/);
    t.match(page.body, 'value="bob@"');
    const fine = await post("/dead-letters", { since: "2026-01-31 09:00", until: "2h" });
    t.match(fine.headers.location, /since=2026-01-31T08%3A00%3A00.000Z&until=20/, "in the event's time zone");
    const shown = await get(String(fine.headers.location));
    t.match(shown.body, /name="since" value="2026-01-31 09:00:00"/);
    t.match(shown.body, /in CES?T \(Europe\/Berlin\)/);
  });

  t.test("says so where nothing is selected, and shows the list again", async (t) => {
    const page = await get("/dead-letters/act?act=discard&reason=malformed");
    t.equal(page.statusCode, 400);
    t.match(page.body, /href="#all">Nothing is selected[^]*raw-cut/);
    const act = await get("/dead-letters/act?act=replay&reason=malformed&all=yes");
    t.match(act.headers.location, /^\/replays\/new\?all=yes&reason=malformed/);
    t.match(
      (await get("/dead-letters/act?act=edit&id=a&id=b")).headers.location,
      "/dead-letters/many?id=a&id=b&action=edit",
    );
  });

  t.test("of ten thousand each page comes within a second, and pages leave nothing out", async (t) => {
    await putAll(
      connection.documents,
      connection.deadLettersTable,
      fiveKinds(many, Date.parse("2026-05-01T00:00:00Z")),
    );
    // The watch reads it in the background; here it is read once before.
    await deadLetters.index.reload();
    let slowestMs = 0;
    const timed = async (url: string) => {
      const took: number[] = [];
      let page: Awaited<ReturnType<typeof get>>;
      // Again where a machine that is busy with other things has let it wait.
      do {
        const began = performance.now();
        page = await get(url);
        took.push(performance.now() - began);
      } while (took.length < 3 && took.at(-1)! > quickMs);
      slowestMs = Math.max(slowestMs, Math.min(...took));
      t.equal(page.statusCode, 200);
      return page.body;
    };
    const seen = new Set<string | undefined>();
    let url: string | undefined = "/dead-letters";
    let pages = 0;
    for (; url !== undefined && pages < 5; pages += 1) {
      const body: string = await timed(url);
      for (const id of idsIn(body)) seen.add(id);
      url = nextIn(body);
    }
    t.equal(seen.size, 250);
    const whole = await timed("/dead-letters");
    t.match(whole, /All <b>10,002<\/b> open ones/);
    t.equal(whole.split("the worker may have crashed").length > 1, true);
    const typos = await timed(
      "/dead-letters?reason=invalid-registration&detail=%2Fname+must+be+a+name+of+1+to+200+characters+on+one+line",
    );
    t.match(typos, /All <b>2,000<\/b> open ones/, "identical reasons are one kind");
    const { headers } = await post("/dead-letters", { text: "ada.lovelace.4242@" });
    t.ok((await timed(String(headers.location))).length > 0);
    const busy = timesSlower();
    t.comment(`slowest page: ${Math.round(slowestMs)} ms; machine ${busy.toFixed(1)} times slower than an idle one`);
    t.ok(slowestMs < quickMs * busy, `slowest page ${Math.round(slowestMs)} ms`);
  });

  t.test("a replay of a filter means those that match when it is confirmed", async (t) => {
    const page = await get("/replays/new?all=yes&reason=crash-loop");
    t.match(page.body, /<b>2,500<\/b> are selected. The first 500 of them were checked/);
    t.match(page.body, /name="all" value="yes"[^]*name="reason" value="crash-loop"/);
    t.notMatch(page.body, 'name="id"');
  });
});
