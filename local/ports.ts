/** TCP ports of the local stack on 127.0.0.1: the requested ones, if free, or any free ones. */
import { createServer } from "node:net";
import { randomInt } from "node:crypto";

export const loopback = "127.0.0.1";

/**
 * Chosen below the systems' ranges for outgoing connections (Linux from 32,768, macOS and Windows from 49,152), so that
 * no connection takes the port before the process binds it.
 */
const firstFreePort = 10_240;
const lastFreePort = 32_767;
const maxTries = 200;

/** @returns the error code of binding the port (`EADDRINUSE`, `EACCES`); undefined when it succeeds */
async function bindError(port: number): Promise<string | undefined> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  server.listen({ port, host: loopback, exclusive: true }, () => server.close(() => resolve(undefined)));
  return promise;
}

/** @returns a free port, not one of `taken` */
export async function findFreePort(taken: ReadonlySet<number> = new Set()): Promise<number> {
  for (let tries = 0; tries < maxTries; tries++) {
    const port = randomInt(firstFreePort, lastFreePort + 1);
    if (!taken.has(port) && (await bindError(port)) === undefined) return port;
  }
  throw new Error(`No free port was found on ${loopback} between ${firstFreePort} and ${lastFreePort}.`);
}

/** A requested port and what sets it. */
export interface PortWish {
  /** Environment variable, such as WEB_PORT, or option. */
  readonly variable: string;
  /** 0 for any free one. */
  readonly port: number;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "is in use",
  EACCES: "may not be used without more rights",
};

/**
 * @param wishes in any order; each variable once
 * @returns usable ports in the same order
 * @throws Error naming every variable with an unusable port, and what to do
 */
export async function resolvePorts(wishes: readonly PortWish[]): Promise<number[]> {
  const errors: string[] = [];
  const owners = new Map<number, string>();
  for (const { variable, port } of wishes) {
    if (port === 0) continue;
    const owner = owners.get(port);
    if (owner !== undefined) {
      errors.push(`port ${port} is asked for twice, by ${owner} and by ${variable}`);
      continue;
    }
    owners.set(port, variable);
    const error = await bindError(port);
    if (error !== undefined)
      errors.push(`port ${port} (${variable}) ${reasons[error] ?? `gives ${error}`} on ${loopback}`);
  }
  if (errors.length > 0) {
    throw new Error(
      `${errors.join("\n")}\nEnd what uses it, or choose another port; 0 as the value of a variable takes any free one.`,
    );
  }
  const taken = new Set(owners.keys());
  const ports: number[] = [];
  for (const { port } of wishes) {
    const chosen = port === 0 ? await findFreePort(taken) : port;
    taken.add(chosen);
    ports.push(chosen);
  }
  return ports;
}
