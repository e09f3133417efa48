import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { mkdirSync, writeFileSync } from "node:fs";
import type { Test } from "tap";
import { t } from "../equipment/file-test.ts";
import { findLocalPlace } from "../../terminal/local-place.ts";

async function listen(t: Test): Promise<string> {
  const server = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Sample {
  readonly pid: number;
  readonly webPort: number;
  readonly sqs: string;
  readonly mail?: string;
  readonly ownCredentials?: boolean;
}

/** @returns the environment whose run folder holds these records */
function record(t: Test, samples: readonly Sample[]) {
  const folder = join(t.testdir(), "run");
  mkdirSync(join(folder, "stacks"), { recursive: true, mode: 0o700 });
  for (const [index, { pid, webPort, sqs, mail, ownCredentials = false }] of samples.entries()) {
    const urls = {
      web: `http://127.0.0.1:${webPort}`,
      worker: "http://127.0.0.1:2",
      sqs,
      dynamodb: "http://127.0.0.1:3",
      ...(mail !== undefined && { mail }),
    };
    const text = JSON.stringify({
      format: 1,
      pid,
      startedAt: `2026-11-29T18:0${5 + index}:00.000Z`,
      region: "eu-central-1",
      ownCredentials,
      urls,
    });
    writeFileSync(join(folder, "stacks", `${pid}.json`), text, { mode: 0o600 });
  }
  return { TURNOUT_RUN_FOLDER: folder };
}

/** Two processes that live as long as this test. */
const [one, two] = [process.pid, process.ppid];

t.test("the one that runs is found on any ports, with 0 for any as well", async (t) => {
  const sqs = await listen(t);
  const env = record(t, [{ pid: one, webPort: 43_211, sqs }]);
  for (const given of [env, { ...env, WEB_PORT: "0", SQS_PORT: "0" }]) {
    t.match(await findLocalPlace(given), {
      web: "http://127.0.0.1:43211",
      sqs,
      mail: undefined,
      recorded: true,
      portsGiven: false,
      name: /43211.*process \d+, started 2026-11-29 18:05 UTC/,
    });
  }
  t.match(await findLocalPlace(env, "http://localhost:43211"), { recorded: true, sqs });
});

t.test("one that was recorded and does not answer is not there; by its ports one may be", async (t) => {
  const env = record(t, [{ pid: one, webPort: 43_211, sqs: "http://127.0.0.1:1" }]);
  t.match(await findLocalPlace(env), { recorded: false, web: "http://127.0.0.1:3000", sqs: "http://127.0.0.1:3003" });
  t.match(await findLocalPlace({ ...env, WEB_PORT: "4000" }), { recorded: false, portsGiven: true, web: /4000/ });
});

t.test("between two, nobody guesses: the ports choose", { skip: two === 1 && "no second process" }, async (t) => {
  const sqs = await listen(t);
  const env = record(t, [
    { pid: one, webPort: 43_211, sqs },
    { pid: two, webPort: 43_222, sqs, ownCredentials: true },
  ]);
  await t.rejects(findLocalPlace(env), {
    code: "TURNOUT_DEPLOYMENT_UNKNOWN",
    message: /^2 local stacks[^]*43211[^]*43222[^]*WEB_PORT=43222 npm run turnout/,
  });
  t.match(await findLocalPlace({ ...env, WEB_PORT: "43222" }), { web: /43222/, credentials: undefined });
  t.match(await findLocalPlace({ ...env, WEB_PORT: "43211" }), { web: /43211/, credentials: { accessKeyId: "local" } });
  t.match(await findLocalPlace({ ...env, WEB_PORT: "43233" }), { recorded: false }, "neither");
});
