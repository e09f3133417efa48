/** The overview: the state of the deployment, live. */
import type { FastifyInstance } from "fastify";
import { consolePageHeaders } from "../../shared/page/page-headers.ts";
import { toOverview } from "../overview.ts";
import type { HistoryPoint } from "../history.ts";
import type { EventStreams } from "../event-streams.ts";
import type { View } from "../view.ts";
import type { Snapshot, Watch } from "../watch.ts";

export const overviewTopic = "overview";

/** The parts of the page that are updated, by their `data-live` names. */
const liveParts = ["headline", "figures", "tiers", "groups"] as const;

/** @returns the data of one event: the parts as HTML, the next point of the charts, and the state for the tab */
export function overviewEvent(view: View, snapshot: Snapshot, point: HistoryPoint | undefined): string {
  const overview = toOverview(snapshot);
  const parts = Object.fromEntries(liveParts.map((name) => [name, view.part(`overview-${name}`, overview)]));
  return JSON.stringify({ parts, point, tab: view.tab() });
}

export interface OverviewRoutesOptions {
  readonly view: View;
  readonly watch: Pick<Watch, "snapshot" | "history">;
  readonly streams: EventStreams;
}

export async function overviewRoutes(app: FastifyInstance, options: OverviewRoutesOptions): Promise<void> {
  const { view, watch, streams } = options;

  app.get("/", async (_request, reply) =>
    reply.type("text/html").send(view.page("overview", "overview", "Overview", toOverview(watch.snapshot()))),
  );

  app.get("/history.json", async () => watch.history.columns());

  app.get("/events", (_request, reply) => {
    const first = overviewEvent(view, watch.snapshot(), undefined);
    if (streams.open(overviewTopic, reply.raw, consolePageHeaders, first)) reply.hijack();
    else void reply.code(503).header("retry-after", 10).send({ code: "too-many-windows" });
  });
}
