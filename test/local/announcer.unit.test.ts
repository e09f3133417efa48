import { t } from "../equipment/file-test.ts";
import { createAnnouncer } from "../../local/announcer.ts";
import type { LocalStack } from "../../local/stack.ts";

const stack = {
  urls: { web: "http://127.0.0.1:3000", sqs: "https://sqs.example" },
  dataFolder: "/tmp/data",
  keepsData: false,
  process(name: string) {
    if (name === "sqs") throw new Error("not ours");
    return { pid: 4711 };
  },
} as unknown as LocalStack;

function announcer(colored = false) {
  const lines: string[] = [];
  return { lines, announcer: createAnnouncer((line) => lines.push(line), colored) };
}

const warning = JSON.stringify({ level: "warn", msg: "the queue does not answer" });

t.test("what runs where is told with its process, the way to stop, and where the data is", async (t) => {
  const { lines, announcer: a } = announcer();
  a.ready(stack);
  const text = lines.join("\n");
  t.match(text, /event page +http:\/\/127\.0\.0\.1:3000 +process 4711/);
  t.match(text, /SQS +https:\/\/sqs\.example +given by the environment/);
  t.match(text, /\/tmp\/data +\(gone after the stop/);
  t.match(text, /Ctrl-C/);
  t.match(text, /npm run demo/);
  t.notMatch(text, "\u001b", "no colour when nobody asked for it");
});

t.test("warnings of the tiers are shown while it runs, once; chatter of tiers and engines is not", async (t) => {
  const { lines, announcer: a } = announcer();
  const said = (name: "web" | "sqs", line: string) => a.reporter.line?.(name, line);
  said("web", warning);
  t.strictSame(lines, [], "while it starts, the failure tells it");
  a.ready(stack);
  lines.length = 0;
  said("web", warning);
  said("web", warning);
  said("web", JSON.stringify({ level: "info", msg: "listening" }));
  said("sqs", "listening on …");
  t.strictSame(lines, ["warn web the queue does not answer"]);
  a.stopping();
  lines.length = 0;
  said("web", JSON.stringify({ level: "warn", msg: "something else" }));
  t.strictSame(lines, []);
});

t.test("a restart is one plain line", async (t) => {
  const { lines, announcer: a } = announcer();
  a.reporter.restarted?.("worker", "ended by SIGKILL");
  t.strictSame(lines, ["worker ended by SIGKILL, started again"]);
});

t.test(
  "a reload tells what changed, what restarts and how it went; the process's own lines are not repeated",
  async (t) => {
    const { lines, announcer: a } = announcer();
    a.ready(stack);
    lines.length = 0;
    a.reload.reloading(["web/a.ts", "web/b.ts", "web/c.ts", "web/d.ts", "web/e.ts"], ["web"]);
    a.reporter.line?.("web", "SyntaxError: …");
    a.reload.reloadFailed("web", new Error("web ended with exit code 1."));
    a.reload.reloaded("web", 1_240);
    a.reload.notReloaded(["cron.yaml"]);
    a.reporter.line?.("web", warning);
    t.strictSame(lines, [
      "web/a.ts, web/b.ts, web/c.ts and 2 more changed: restarting web …",
      "web does not run; the next change starts it again. web ended with exit code 1.",
      "web restarted in 1.2 s",
      "cron.yaml changed, which counts from the next start on.",
      "warn web the queue does not answer",
    ]);
  },
);

t.test("colour comes only where it was asked for", async (t) => {
  const { lines, announcer: a } = announcer(true);
  a.failed(new Error("no"));
  t.match(lines.join(), "\u001b[31m");
});
