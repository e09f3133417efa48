/**
 * Searches by part of an address or a name, and counts. What is searched for is posted, because no part of an address may
 * appear in a URL; the page of a search has a random address of its own, shows how far it is, and works without a script.
 */
import type { FastifyInstance } from "fastify";
import { TurnoutError } from "../../shared/errors.ts";
import { consolePageHeaders } from "../../shared/page/page-headers.ts";
import type { EventStreams } from "../event-streams.ts";
import { postedText, type PostedForm } from "../posted-form.ts";
import { isRunning, maxFound, type RegistrationScan, type RegistrationScans } from "../registration-scans.ts";
import type { View } from "../view.ts";

export interface RegistrationScanRoutesOptions {
  readonly view: View;
  readonly scans: RegistrationScans;
  readonly streams: EventStreams;
}

interface OneScan {
  Params: { id: string };
}

const maxTextLength = 200;
/** Without a script the page is loaded again so often while it runs. */
const refreshSeconds = 3;

const titles = { search: "Search", counts: "Counts" } as const;

function topicOf(id: string): string {
  return `registration scan ${id}`;
}

export async function registrationScanRoutes(
  app: FastifyInstance,
  { view, scans, streams }: RegistrationScanRoutesOptions,
): Promise<void> {
  const dataOf = (scan: RegistrationScan) => ({ scan, running: isRunning(scan), maxFound });

  function eventOf(scan: RegistrationScan): string {
    const data = dataOf(scan);
    return JSON.stringify({
      parts: { progress: view.part("scan-progress", data), controls: view.part("scan-controls", data) },
      ended: !isRunning(scan),
    });
  }

  scans.watch((scan) => streams.publish(topicOf(scan.id), eventOf(scan)));

  function requireScan(id: string): RegistrationScan {
    const scan = scans.find(id);
    if (scan) return scan;
    throw new TurnoutError("TURNOUT_NOT_FOUND", "The result is not kept any more. Search or count again.");
  }

  app.post<{ Body: PostedForm }>(
    "/registrations/searches",
    { config: { onlyReads: true } },
    async ({ body }, reply) => {
      const { id } = scans.search(postedText(body, "text", maxTextLength));
      return reply.redirect(`/registrations/scans/${id}`, 303);
    },
  );

  app.post<{ Body: PostedForm }>("/registrations/counts", { config: { onlyReads: true } }, async (_request, reply) => {
    const { id } = scans.count();
    return reply.redirect(`/registrations/scans/${id}`, 303);
  });

  app.get<OneScan>("/registrations/scans/:id", async ({ params }, reply) => {
    const scan = requireScan(params.id);
    const data = { ...dataOf(scan), ...(isRunning(scan) && { refreshSeconds }) };
    const page = view.page("scan", "registrations", titles[scan.result.kind], data);
    return reply.type("text/html").send(page);
  });

  app.get<OneScan>("/registrations/scans/:id/events", (request, reply) => {
    const scan = requireScan(request.params.id);
    if (streams.open(topicOf(scan.id), reply.raw, consolePageHeaders, eventOf(scan))) reply.hijack();
    else void reply.code(503).header("retry-after", 10).send({ code: "too-many-windows" });
  });

  app.post<OneScan>("/registrations/scans/:id/stop", { config: { onlyReads: true } }, async ({ params }, reply) => {
    const { id } = requireScan(params.id);
    scans.stop(id);
    return reply.redirect(`/registrations/scans/${id}`, 303);
  });
}
