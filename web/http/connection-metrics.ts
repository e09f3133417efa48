/** Exposes the web tier's connections as metrics. */
import { Counter, Gauge, type Registry } from "../../shared/process/metrics.ts";
import type { ConnectionFigures } from "./connection-limit.ts";

export function registerConnectionMetrics(registry: Registry, figures: () => ConnectionFigures): void {
  function readAtScrape(
    name: string,
    help: string,
    read: (figures: ConnectionFigures) => number,
    total: boolean,
  ): void {
    const Metric = total ? Counter : Gauge;
    new Metric({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read(figures()));
      },
    });
  }

  readAtScrape("turnout_connections_open", "Connections of clients", (f) => f.open, false);
  readAtScrape("turnout_connections_refused_total", "Connections beyond the limit", (f) => f.rejected, true);
  readAtScrape(
    "turnout_connections_closed_idle_total",
    "Idle connections closed for others",
    (f) => f.closedIdle,
    true,
  );
}
