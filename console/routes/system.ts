/** Versions, configuration without secrets, limits; and the audit log. */
import type { FastifyInstance } from "fastify";
import type { DeadLetterService } from "../dead-letter-service.ts";
import type { SystemFacts } from "../system-facts.ts";
import type { View } from "../view.ts";

export interface SystemRoutesOptions {
  readonly view: View;
  readonly facts: SystemFacts;
  readonly service: Pick<DeadLetterService, "readLog">;
}

const shownLines = 200;

export async function systemRoutes(app: FastifyInstance, { view, facts, service }: SystemRoutesOptions): Promise<void> {
  app.get("/system", async (_request, reply) => {
    const groups = await facts.groups();
    return reply.type("text/html").send(view.page("system", "system", "System", { groups }));
  });

  // Separate from the page above, which must open even when the table does not answer.
  app.get("/system/log", async (_request, reply) => {
    const lines = await service.readLog(shownLines);
    return reply.type("text/html").send(view.page("audit-log", "system", "Audit log", { lines, shownLines }));
  });
}
