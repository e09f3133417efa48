/**
 * Everybody comes at once: connections that arrive while the tier has no time to take them wait in the kernel's line. Where
 * that is full the kernel drops them without a word, and a client knocks again a second later, then three, then seven.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import t, { type Test } from "tap";
import { createLocalStack } from "../../local/stack.ts";

t.setTimeout(120_000);

const rush = 2_000;
/** Less than the second after which a client's kernel knocks again. */
const letInMs = 900;
const setting = "/proc/sys/net/core/somaxconn";
const longestLine = existsSync(setting) ? Number(readFileSync(setting, { encoding: "utf8" })) : 128;
const skip =
  longestLine <= rush && `this system lets no more than ${longestLine} connections wait (net.core.somaxconn)`;

/** @returns the clients that were let in while the server was stopped, and all clients */
async function knock(test: Test, port: number): Promise<{ letIn: number; clients: Socket[] }> {
  let letIn = 0;
  const clients = Array.from({ length: rush }, () => {
    const client = connect(port, "127.0.0.1");
    client.once("connect", () => (letIn += 1));
    client.on("error", () => {});
    return client;
  });
  test.teardown(() => clients.forEach((client) => client.destroy()));
  // Nobody is let in later: while the server stands still, the line gets no shorter. A busy machine sees it late.
  for (let before = -1; letIn === 0 || letIn !== before;) {
    before = letIn;
    await delay(letInMs);
  }
  return { letIn, clients };
}

async function answered(client: Socket): Promise<boolean> {
  client.write("GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  let answer = "";
  client.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  await once(client, "close");
  return answer.startsWith("HTTP/1.1 200");
}

t.test(
  `${rush} clients that connect while the tier is busy are let in, and answered when it is not`,
  { skip },
  async (t) => {
    const stack = createLocalStack({ tiers: ["web"], periodicTasks: false });
    t.teardown(() => stack.stop());
    const { web } = await stack.start();
    stack.kill("web", "SIGSTOP");
    const { letIn, clients } = await knock(t, Number(new URL(web!).port));
    stack.kill("web", "SIGCONT");
    t.equal(letIn, rush);
    const answers = await Promise.all(clients.map(answered));
    t.equal(answers.filter(Boolean).length, rush);
  },
);

t.test("control: a server that listens as Node does by itself lets far fewer in", { skip }, async (t) => {
  const listening =
    "const server = require('net').createServer().listen(0, '127.0.0.1', () => console.log(server.address().port))";
  const server = spawn(process.execPath, ["--eval", listening], { stdio: ["ignore", "pipe", "inherit"] });
  t.teardown(() => server.kill("SIGKILL"));
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  server.kill("SIGSTOP");
  const { letIn } = await knock(t, Number(line.toString()));
  t.ok(letIn > 0 && letIn < rush / 2, `${letIn} of ${rush}`);
});
