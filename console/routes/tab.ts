/** What a page's script asks now and then, to keep the state in the tab: pages without a stream have no other source. */
import type { FastifyInstance } from "fastify";
import type { View } from "../view.ts";

export async function tabRoutes(app: FastifyInstance, { view }: { readonly view: View }): Promise<void> {
  app.get("/tab.json", async (_request, reply) => reply.header("cache-control", "no-store").send(view.tab()));
}
