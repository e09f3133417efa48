import { EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { t } from "../equipment/file-test.ts";
import { listenForInterruption, type InterruptedProcess } from "../../terminal/interruption.ts";

function host() {
  const exits: number[] = [];
  const fake = Object.assign(new EventEmitter(), {
    stdout: new EventEmitter(),
    stderr: new EventEmitter(),
    exit: (code: number) => exits.push(code),
  });
  return { fake, exits, signal: listenForInterruption(fake as unknown as InterruptedProcess) };
}

t.test("Ctrl-C aborts the signal once; npm's repetition of the same key press changes nothing", async (t) => {
  const { fake, exits, signal } = host();
  t.notOk(signal.aborted);
  fake.emit("SIGINT");
  fake.emit("SIGINT");
  t.match(signal.reason, { code: "TURNOUT_INTERRUPTED", message: /SIGINT/ });
  t.strictSame(exits, []);
});

t.test("a second Ctrl-C ends the process at once", async (t) => {
  const { fake, exits } = host();
  fake.emit("SIGINT");
  await delay(450);
  fake.emit("SIGINT");
  t.strictSame(exits, [1]);
});

t.test("the end of the program that started it stops the command", async (t) => {
  const { fake, signal } = host();
  fake.emit("disconnect");
  t.match(signal.reason, { code: "TURNOUT_INTERRUPTED" });
});

t.test("a reader that goes away stops the command; one of standard error does not", async (t) => {
  const { fake, signal } = host();
  fake.stderr.emit("error", new Error("EPIPE"));
  t.notOk(signal.aborted);
  fake.stdout.emit("error", new Error("EPIPE"));
  t.match(signal.reason, { code: "TURNOUT_INTERRUPTED" });
});
