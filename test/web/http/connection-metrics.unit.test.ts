import { t } from "../../equipment/file-test.ts";
import { createRegistry } from "../../../shared/process/metrics.ts";
import { registerConnectionMetrics } from "../../../web/http/connection-metrics.ts";

t.test("open, rejected and closed connections are shown as they are at the moment of a scrape", async (t) => {
  const registry = createRegistry("web");
  let figures = { open: 3, limit: 10, closedIdle: 0, rejected: 0 };
  registerConnectionMetrics(registry, () => figures);
  t.match(await registry.metrics(), /turnout_connections_open\{tier="web"\} 3/);
  figures = { open: 10, limit: 10, closedIdle: 4, rejected: 5 };
  const text = await registry.metrics();
  t.match(text, /turnout_connections_open\{tier="web"\} 10/);
  t.match(text, /turnout_connections_refused_total\{tier="web"\} 5/);
  t.match(text, /turnout_connections_closed_idle_total\{tier="web"\} 4/);
});
