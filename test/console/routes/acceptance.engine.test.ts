import { t } from "../../equipment/file-test.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { openConsole } from "../open-console.ts";
import { createAcceptanceStore } from "../../../admin/acceptance/acceptance-store.ts";

const { connection } = await startEngines(t);
const store = createAcceptanceStore({
  connection: { ...connection, identity: async () => "bob elsewhere" },
  wallClock: Date.now,
});

t.test("a pause is on every page of the console, with who and why, until it is resumed", async (t) => {
  const { get, post } = await openConsole(t, connection);
  t.match((await get("/acceptance")).body, /State<\/dt><dd><b>open, within/);
  t.notMatch((await get("/system")).body, "paused-bar");
  const fields = { version: "0", why: "<b>count</b>", minutes: "30", "notice.en": "Back at noon." };
  const paused = await post("/acceptance/pause", fields);
  t.equal(paused.statusCode, 303);
  t.equal(paused.headers.location, "/acceptance?done=pause");
  t.match((await get("/acceptance?done=pause")).body, /role="status"><p><b>Paused\./);
  t.match(await store.read(), {
    state: "paused",
    why: "<b>count</b>",
    pauseNotice: { en: "Back at noon." },
    until: /Z$/,
  });
  for (const url of ["/", "/dead-letters", "/system", "/nowhere"]) {
    t.match(
      (await get(url)).body,
      /paused-bar"[^>]*><b>Registration is paused<\/b> until [^<]+ by .+&lt;b&gt;count/,
      url,
    );
  }
  t.equal((await post("/acceptance/resume", { version: "1", why: "counted" })).statusCode, 303);
  t.notMatch((await get("/system")).body, "paused-bar");
  t.match((await get("/system/log")).body, /resume<\/b> resumed acceptance[^]*pause<\/b> paused acceptance until/);
});

t.test("an error comes back at its field, with everything else as it was entered", async (t) => {
  const { post } = await openConsole(t, connection);
  const { version } = await store.read();
  const good = { version: String(version), why: "count", minutes: "30", "notice.event": "Back at noon." };
  for (const [changed, field] of [
    [{ why: " " }, /id="pause-why"[^>]*aria-invalid="true"/],
    [{ minutes: "soon" }, /id="pause-minutes"[^>]*aria-invalid="true"/],
    [{ minutes: "0" }, /id="pause-minutes"[^>]*aria-invalid="true"/],
    [{ "notice.de": "zwei\nZeilen" }, /one line of plain text/],
  ] as const) {
    const reply = await post("/acceptance/pause", { ...good, ...changed });
    t.equal(reply.statusCode, 400, JSON.stringify(changed));
    t.match(reply.body, field);
    t.match(reply.body, /id="pause-notice"[^>]*value="Back at noon\."/);
  }
  t.equal((await store.read()).version, version, "and nothing was changed");
});

t.test("who decides by an old page is told who was first, and keeps what was entered", async (t) => {
  const { post } = await openConsole(t, connection);
  const { version } = await store.read();
  await store.change({ kind: "notice", notice: { event: "Hall 4." } }, "flooded");
  const reply = await post("/acceptance/pause", { version: String(version), why: "late decision" });
  t.equal(reply.statusCode, 400);
  t.match(reply.body, /role="alert"><p><b>bob elsewhere changed acceptance/);
  t.match(reply.body, /id="pause-why"[^>]*value="late decision"/);
  t.match(reply.body, new RegExp(`name="version" value="${version + 1}"`), "so that the next one counts");
  t.match(await store.read(), { state: "open" });
});

t.test("a form that is not ours changes nothing", async (t) => {
  const { post } = await openConsole(t, connection);
  const before = await store.read();
  const reply = await post(
    "/acceptance/pause",
    { version: String(before.version), why: "x" },
    { origin: "https://evil.example" },
  );
  t.equal(reply.statusCode, 403);
  t.same(await store.read(), before);
});
