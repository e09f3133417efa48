import t from "tap";
import { startEngines } from "../../equipment/admin-engines.ts";
import { openConsole } from "../open-console.ts";

t.test("the system page tells versions, names and limits, and no secret; the log who did what", async (t) => {
  const { connection } = await startEngines(t);
  const { get, formToken, cookie, deadLetters } = await openConsole(t, connection);
  const { body } = await get("/system");
  t.match(body, new RegExp(`Node\\.js[^]*${process.versions.node}[^]*eu-central-1[^]*Summit[^]*1 to 250`));
  for (const secret of [formToken, cookie.split("=")[1]!, "secretAccessKey"]) t.notMatch(body, secret);
  t.match((await get("/system/log")).body, "Nothing yet");
  await deadLetters.log("edit", ["some-id"], "changes email", "<b>asked</b>");
  t.match((await get("/system/log")).body, /edit<\/b> changes email[^]*&lt;b&gt;asked/);
});
