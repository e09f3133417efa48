/**
 * A proxy between AWS clients and an engine that can be told, at any moment, to spoil calls: see `fault.ts` for how. It has a
 * port of its own for each client, so that it knows who calls, and it can hold a call at a named point (before the
 * engine hears of it, after the engine did it) while somebody kills the process that made it.
 *
 *     client ──► arrival "request" ──► faults ──► engine ──► observer ──► arrival "answer" ──► faults ──► client
 *
 * Like AWS it rejects a request whose signature is from another time.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createDeliveries } from "./deliveries.ts";
import { createEngineClient, errorAnswer, readAll, type Answer } from "./engine-client.ts";
import { createExchange, type Exchange, type Json } from "./exchange.ts";
import type { Fault, FaultKind, FaultTarget } from "./fault.ts";
import type { Random } from "./random.ts";
import { spoilBatch } from "./spoiled-batch.ts";

export type Point = "request" | "answer";

export interface Injection {
  /** Calls that it spoilt so far. */
  readonly hits: number;
  /** Ends it. Calling it again does nothing. */
  lift(): void;
}

/** A call that is held at a point. Whoever waited for it decides how it goes on. */
export interface Arrival {
  readonly exchange: Exchange;
  proceed(): void;
  /** Resets its connection; at "request", the engine never hears of it. */
  cut(): void;
}

export interface FaultProxy {
  /** @returns the URL for this client; the same for the same name */
  urlFor(client: string): Promise<string>;
  inject(fault: Fault & FaultTarget): Injection;
  /** Ends every injection; what is withheld is cut, so that nobody waits for it. */
  heal(): void;
  /**
   * @returns the next call that comes to this point, held there
   * @param signal gives up waiting: rejects
   */
  arrivalOf(point: Point, target: Omit<FaultTarget, "share" | "times">, signal?: AbortSignal): Promise<Arrival>;
  /** Calls so far, by action. */
  readonly calls: Readonly<Record<string, number>>;
  /** Calls spoilt so far, by kind of fault. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** Calls rejected because they were signed at another time, as AWS does it. */
  readonly rejectedSignatures: number;
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  /** URL of the engine. */
  readonly upstream: string;
  readonly random: Random;
  /**
   * Told of every call that the engine answered with success, before its client is.
   * @param input as the engine got it
   */
  readonly observe?: (exchange: Exchange, input: Json, answer: Json) => void;
  /** Whether `observe` wants this action; default all. Bodies that nobody wants to see are not parsed. */
  readonly observes?: (action: string) => boolean;
}

interface ActiveInjection {
  readonly fault: Fault & FaultTarget;
  hits: number;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html: 5 minutes, for most services. */
const maxClockSkewMs = 5 * 60_000;

interface Waiting {
  readonly point: Point;
  readonly target: Omit<FaultTarget, "share" | "times">;
  readonly resolve: (arrival: Arrival) => void;
}

export function createFaultProxy(options: FaultProxyOptions): FaultProxy {
  const { upstream, random, observe, observes = () => true } = options;
  const engine = createEngineClient(upstream);
  const servers = new Map<string, Promise<Server>>();
  const sockets = new Set<Socket>();
  const withheld = new Set<Socket>();
  const deliveries = createDeliveries(random);
  const calls: Record<string, number> = {};
  const faults: Partial<Record<FaultKind, number>> = {};
  let injections: ActiveInjection[] = [];
  let waiting: Waiting[] = [];
  let rejectedSignatures = 0;

  function applies(target: FaultTarget, exchange: Exchange): boolean {
    if (target.actions && !target.actions.includes(exchange.action)) return false;
    if (target.client !== undefined && target.client !== exchange.client) return false;
    if (target.holds !== undefined && !exchange.body.includes(target.holds)) return false;
    return target.resource === undefined || exchange.resources.includes(target.resource);
  }

  function count(kind: FaultKind, times = 1): void {
    if (times > 0) faults[kind] = (faults[kind] ?? 0) + times;
  }

  /** @returns the first fault that is meant for this call, if any */
  function draw(exchange: Exchange): ActiveInjection | undefined {
    return injections.find(
      ({ fault, hits }) =>
        applies(fault, exchange) && hits < (fault.times ?? Infinity) && random.chance(fault.share ?? 1),
    );
  }

  function hit(injection: ActiveInjection, times = 1): void {
    injection.hits += times;
    count(injection.fault.kind, times);
  }

  function reset(socket: Socket): void {
    withheld.delete(socket);
    // Node never lets go of a socket that is reset while it is being shut down, and then spins at the process's exit.
    if (socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  }

  function withhold(socket: Socket): void {
    withheld.add(socket);
    socket.once("close", () => withheld.delete(socket));
  }

  /** @returns whether the call goes on */
  async function arrive(point: Point, exchange: Exchange): Promise<boolean> {
    const awaited = waiting.find((one) => one.point === point && applies(one.target, exchange));
    if (!awaited) return true;
    waiting = waiting.filter((one) => one !== awaited);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    awaited.resolve({ exchange, proceed: () => resolve(true), cut: () => resolve(false) });
    return promise;
  }

  function send(reply: ServerResponse, { status, headers, text }: Answer): void {
    if (reply.destroyed) return;
    const length = Buffer.byteLength(text);
    reply.writeHead(status, { "content-type": "application/x-amz-json-1.0", ...headers, "content-length": length });
    reply.end(text);
  }

  /** Asks the engine, in whole or for the part of a batch that is spared. */
  async function ask(exchange: Exchange, path: string, injection: ActiveInjection | undefined): Promise<Answer> {
    const { fault } = injection ?? {};
    const partly = fault?.kind === "failed-entries" || fault?.kind === "failed-statements";
    const spoilt = partly ? spoilBatch(exchange.input, fault, random) : undefined;
    if (injection && spoilt) hit(injection);
    if (spoilt && !spoilt.input) return { status: 200, headers: {}, text: JSON.stringify(spoilt.complete(undefined)) };
    const answer = await engine.ask(exchange, path, spoilt ? JSON.stringify(spoilt.input) : exchange.body);
    if (answer.status !== 200) return answer;
    if (observe && observes(exchange.action)) {
      observe(exchange, spoilt?.input ?? exchange.input, JSON.parse(answer.text || "{}") as Json);
    }
    return spoilt ? { ...answer, text: JSON.stringify(spoilt.complete(JSON.parse(answer.text) as Json)) } : answer;
  }

  /** What is changed on the way back. */
  function alter(exchange: Exchange, answer: Answer, injection: ActiveInjection | undefined): Answer {
    if (answer.status !== 200) return answer;
    const { fault } = injection ?? {};
    if (injection && fault?.kind === "wrong-md5" && answer.text.includes("MD5OfMessageBody")) {
      hit(injection);
      const { MD5OfMessageBody: _, ...rest } = JSON.parse(answer.text) as Json;
      return { ...answer, text: JSON.stringify({ ...rest, MD5OfMessageBody: "0".repeat(32) }) };
    }
    if (exchange.action !== "ReceiveMessage") return answer;
    const [queue = ""] = exchange.resources;
    const shuffles = fault?.kind === "duplicate-delivery" || fault?.kind === "reordered-delivery";
    if (!shuffles && !deliveries.has(queue)) return answer;
    const received = JSON.parse(answer.text || "{}") as Json;
    if (injection && fault?.kind === "duplicate-delivery") {
      hit(injection, deliveries.duplicate(queue, received, fault.entryShare));
    } else if (injection && fault?.kind === "reordered-delivery") {
      hit(injection, deliveries.holdBack(queue, received, fault.entryShare));
    } else deliveries.handOut(queue, received);
    return { ...answer, text: JSON.stringify(received) };
  }

  async function handle(client: string, incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
    const { socket } = incoming;
    const exchange = createExchange(client, incoming.headers, await readAll(incoming));
    calls[exchange.action] = (calls[exchange.action] ?? 0) + 1;
    if (!(await arrive("request", exchange))) return reset(socket);
    if (Math.abs(exchange.signedAt - Date.now()) > maxClockSkewMs) {
      rejectedSignatures += 1;
      return send(reply, errorAnswer("InvalidSignatureException", 400, "Signature not yet current, or expired"));
    }
    const injection = draw(exchange);
    const { fault } = injection ?? {};
    switch (fault?.kind) {
      case "cut":
        hit(injection!);
        return reset(socket);
      case "black-hole":
        hit(injection!);
        return withhold(socket);
      case "rejection":
        hit(injection!);
        return send(reply, errorAnswer(fault.name, fault.status, fault.message));
      case "delay":
        hit(injection!);
        await delay(fault.ms);
        break;
      case undefined:
      default:
    }
    let answer: Answer;
    try {
      answer = await ask(exchange, incoming.url ?? "/", injection);
    } catch {
      // The engine is not there: its clients see a connection that breaks.
      return reset(socket);
    }
    if (!(await arrive("answer", exchange))) return reset(socket);
    if (fault?.kind === "lost-answer" || fault?.kind === "withheld-answer") {
      hit(injection!);
      return fault.kind === "lost-answer" ? reset(socket) : withhold(socket);
    }
    send(reply, alter(exchange, answer, injection));
  }

  async function listen(client: string): Promise<Server> {
    const server = createServer((incoming, reply) => {
      reply.once("error", () => {});
      handle(client, incoming, reply).catch(() => incoming.socket.destroy());
    });
    server.keepAliveTimeout = 60_000;
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.once("error", () => {});
      socket.once("close", () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  return {
    calls,
    faults,
    get rejectedSignatures() {
      return rejectedSignatures;
    },
    async urlFor(client) {
      const server = servers.get(client) ?? listen(client);
      servers.set(client, server);
      return `http://127.0.0.1:${((await server).address() as AddressInfo).port}`;
    },
    inject(fault) {
      const injection: ActiveInjection = { fault, hits: 0 };
      injections.push(injection);
      return {
        get hits() {
          return injection.hits;
        },
        lift() {
          injections = injections.filter((one) => one !== injection);
        },
      };
    },
    heal() {
      injections = [];
      deliveries.clear();
      for (const socket of withheld) reset(socket);
    },
    arrivalOf(point, target, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<Arrival>();
      const one: Waiting = { point, target, resolve };
      waiting.push(one);
      signal?.addEventListener("abort", () => {
        waiting = waiting.filter((other) => other !== one);
        reject(signal.reason as Error);
      });
      return promise;
    },
    async close() {
      engine.close();
      const listening = await Promise.all(servers.values());
      for (const socket of sockets) socket.destroy();
      await Promise.all(listening.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
    },
  };
}
