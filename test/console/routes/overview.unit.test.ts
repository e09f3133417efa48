import { t } from "../../equipment/file-test.ts";
import { deadConnection, host, openConsole } from "../open-console.ts";
import { overviewEvent } from "../../../console/routes/overview.ts";
import { loadAssets } from "../../../console/assets.ts";
import { createView } from "../../../console/view.ts";
import { createZonedTimes } from "../../../terminal/zoned-times.ts";
import { inspectionWith } from "../inspection.ts";

t.test("the stream opens for whoever was let in, with what is known now; too many windows are told so", async (t) => {
  const { app, cookie } = await openConsole(t, deadConnection(t));
  const headers = { host, cookie };
  const streams = [0, 1].map(() => app.inject({ url: "/events", headers, payloadAsStream: true }));
  for (const stream of await Promise.all(streams)) {
    t.equal(stream.statusCode, 200);
    t.match(stream.headers, { "content-type": /event-stream/, "content-security-policy": /none/ });
    stream.stream().destroy();
  }
  const third = await app.inject({ url: "/events", headers });
  t.match(third, { statusCode: 503, headers: { "retry-after": "10" } });
});

t.test("an event is one line, holds every part of the page, escaped, and the point for the charts", async (t) => {
  const assets = loadAssets();
  const view = createView({
    assets,
    deployment: "",
    eventName: undefined,
    formToken: "",
    wallClock: () => 0,
    times: createZonedTimes(),
  });
  const inspection = inspectionWith({ tiers: [{ tier: "worker", health: "unhealthy", causes: ["<b>\nline"] }] });
  const line = overviewEvent(view, { at: 0, inspection, tiers: inspection.tiers, failure: undefined }, undefined);
  t.notMatch(line, "\n");
  const { parts } = JSON.parse(line) as { parts: Record<string, string> };
  t.same(Object.keys(parts), ["headline", "figures", "tiers", "groups"]);
  t.match(parts.tiers, "&lt;b&gt;");
});

t.test("the history is told by column", async (t) => {
  const { get } = await openConsole(t, deadConnection(t));
  t.match((await get("/history.json")).json(), { at: [], people: [], acceptedPerSecond: [] });
});
