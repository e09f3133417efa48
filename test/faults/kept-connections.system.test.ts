/** A web instance that stops while its clients keep their connections, as balancers do: none of them is cut off. */
import { once } from "node:events";
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import t from "tap";
import { startBareTier, startEmbeddedEngines, type BareTier } from "../equipment/bare-tier.ts";
import { eventually } from "../equipment/eventually.ts";
import { sized } from "../equipment/run-length.ts";

t.setTimeout(300_000);
const engines = await startEmbeddedEngines();
t.teardown(() => engines.stop());

const stops = sized(3, 10);
const connections = 60;
const perSecond = 300;

interface Outcomes {
  answered: number;
  /** Nobody listens any more: the client knows that nothing was taken. */
  rejected: number;
  /**
   * Reset on a new connection: the kernel does that to whoever came between the last check of who waits and the end of the
   * listener, and a busy machine makes that time longer. The tier never saw it.
   */
  notLetIn: number;
  /** Cut off on a connection that was in use: the client knows nothing. */
  cutOff: string[];
}

interface Load {
  readonly outcomes: Outcomes;
  /** Sends no more until every answer has come and its connection is free again. */
  pause(): Promise<void>;
  send(count: number): void;
  stop(): Promise<void>;
}

/** Clients that keep their connections and register at a given rate. */
function startLoad({ port }: BareTier): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const outcomes: Outcomes = { answered: 0, rejected: 0, notLetIn: 0, cutOff: [] };
  const underWay = new Set<Promise<void>>();
  let sent = 0;

  async function register(): Promise<void> {
    sent += 1;
    const body = JSON.stringify({ email: `kept-${sent}@example.org`, name: "Kept" });
    const headers = { "content-type": "application/json", "content-length": body.length };
    const asked = request({ agent, port, host: "127.0.0.1", method: "POST", path: "/registrations", headers });
    const answer = Promise.withResolvers<void>();
    asked.once("response", (response) => {
      response.resume().once("end", () => {
        outcomes.answered += 1;
        answer.resolve();
      });
    });
    asked.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") outcomes.rejected += 1;
      else if (asked.reusedSocket) outcomes.cutOff.push(error.code ?? error.message);
      else outcomes.notLetIn += 1;
      answer.resolve();
    });
    asked.end(body);
    await answer.promise;
  }

  function send(count: number): void {
    for (let index = 0; index < count; index += 1) {
      const one = register();
      underWay.add(one);
      void one.finally(() => underWay.delete(one));
    }
  }

  async function pause(): Promise<void> {
    clearInterval(timer);
    await Promise.all(underWay);
    await delay(10);
  }

  const timer = setInterval(send, 1_000 / perSecond, 1);
  return {
    outcomes,
    pause,
    send,
    async stop() {
      await pause();
      agent.destroy();
    },
  };
}

t.test(`${stops} stops of a web instance with kept connections in use: no request is cut off`, async (t) => {
  const cutOff: string[] = [];
  let answered = 0;
  let notLetIn = 0;
  for (let stop = 0; stop < stops; stop += 1) {
    const web = await startBareTier(t, engines, { tier: "web" });
    const load = startLoad(web);
    await eventually(() => load.outcomes.answered > 600, "the load goes on", 60_000);
    web.child.kill("SIGTERM");
    t.same(await web.ended, { code: 0, signal: null });
    await delay(50);
    await load.stop();
    answered += load.outcomes.answered;
    notLetIn += load.outcomes.notLetIn;
    t.ok(load.outcomes.rejected > 0, "the load went on to the end");
    cutOff.push(...load.outcomes.cutOff);
  }
  t.comment(`${answered} answered, ${cutOff.length} cut off, ${notLetIn} not let in`);
  t.same(cutOff, []);
});

t.test("control: a server that closes its idle connections when it stops cuts requests off", async (t) => {
  const { createServer } = await import("node:http");
  const server = createServer((incoming, response) => {
    incoming.resume().once("end", () => response.writeHead(202).end("{}"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const load = startLoad({ port } as BareTier);
  await eventually(() => load.outcomes.answered > 200, "the load goes on", 60_000);
  await load.pause();
  load.send(10);
  // Long enough to write to the kept connections, too short for the server, in this same process, to read from them.
  await new Promise((resolve) => process.nextTick(process.nextTick, resolve));
  server.close();
  await load.stop();
  t.ok(load.outcomes.cutOff.length > 0, `${load.outcomes.cutOff.length} were cut off`);
});
