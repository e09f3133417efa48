/** Versions, configuration without secrets, limits; and what admins did. */
import type { FastifyInstance } from "fastify";
import type { DeadLetterDesk } from "../dead-letter-desk.ts";
import type { SystemFacts } from "../system-facts.ts";
import type { View } from "../view.ts";

export interface SystemRoutesOptions {
  readonly view: View;
  readonly facts: SystemFacts;
  readonly desk: Pick<DeadLetterDesk, "readLog">;
}

const shownLines = 200;

export async function systemRoutes(app: FastifyInstance, { view, facts, desk }: SystemRoutesOptions): Promise<void> {
  app.get("/system", async (_request, reply) => {
    const groups = await facts.groups();
    return reply.type("text/html").send(view.page("system", "system", "System", { groups }));
  });

  // Apart from the page above, since it reads the whole table, and that page shall open whatever is down.
  app.get("/system/log", async (_request, reply) => {
    const lines = await desk.readLog(shownLines);
    return reply.type("text/html").send(view.page("admin-log", "system", "Admin log", { lines, shownLines }));
  });
}
