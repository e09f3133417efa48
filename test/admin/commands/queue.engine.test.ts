import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { QueueSnapshot } from "../../../admin/inspector/queue-snapshot.ts";
import { runTurnout } from "../../../cli/program.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { catchTerminal } from "../../equipment/caught-terminal.ts";
import { runCommand } from "../../equipment/command-run.ts";
import { deadLetters, putAll } from "../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../equipment/admin-engines.ts";
import { eventually } from "../../equipment/eventually.ts";

const { env, connection } = await startEngines(t);
const validator = Compile(QueueSnapshot);
await connection.sqs.send(new SendMessageCommand({ QueueUrl: connection.queueUrl, MessageBody: "x" }));
await putAll(connection.documents, connection.deadLettersTable, deadLetters(3));

t.test("one poll has all that the contract names", async (t) => {
  const run = await runCommand(["queue", "--every", "1", "--json"], { env });
  t.equal(run.code, 0);
  const output = run.json();
  t.ok(validator.Check(output), "as its schema says", { found: output });
  t.match(output, {
    messages: 1,
    registrationsEstimate: 1,
    atLeast: true,
    inFlight: 0,
    delayed: 0,
    drainPerSecond: 0,
    etaSeconds: null,
    deadLetters: { open: 3, byReason: { "crash-loop": 3 } },
  });
  t.ok("oldestAgeSeconds" in (output as object));
});

t.test("for people it says the same in words", async (t) => {
  const { stdout } = await runCommand(["queue", "--every", "1"], { env });
  t.match(stdout, /waiting +1 messages/);
  t.match(stdout, /in them +at least 1 registrations/);
  t.match(stdout, /drain +0\/s/);
  t.match(stdout, /wait +unknown: nothing is being drained/);
  t.match(stdout, /dead letters +3 open: 3 crash-loop/);
  t.match(stdout, "worker tier: unreachable");
});

t.test("a watch polls again and again, a line each, and Ctrl-C is its end and no failure", async (t) => {
  const stop = new AbortController();
  const { terminal, texts, settled } = catchTerminal(env);
  const watch = ["queue", "--watch", "--every", "1", "--json"];
  const watching = runTurnout(watch, { env, terminal, signal: stop.signal });
  await eventually(() => texts.stdout.split("\n").length > 2, "two lines");
  stop.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Stopped by SIGINT."));
  t.equal(await watching, 0);
  await settled();
  const lines = texts.stdout.trimEnd().split("\n");
  t.ok(lines.every((line) => validator.Check(JSON.parse(line))));
});
