/** The options of `npm start` and `npm run dev`, and the text that explains them. */
import { parseArgs } from "node:util";
import { loopback } from "./ports.ts";
import type { TierName } from "./stack.ts";

export const usage = `Usage: npm start [-- OPTIONS]
       npm run dev [-- OPTIONS]    the same with --watch

Runs everything on this machine, on 127.0.0.1: the event page, the worker, the console, an SQS, a DynamoDB, and
an SES that sends nothing and shows the mails in an inbox.

Options:
  --data DIR  keep queue, tables, receipt key and logs in DIR; without it they go at the end
  --unlisted  turnout, npm run demo and others do not find this stack by themselves, only by its ports
  --watch     restart web, worker and console when their code, templates, page assets or the event file change;
              queue, tables and mails stay. What does not start is started again after the next change
  --inspect TIER[=PORT]
              let a debugger connect to web (port 9229) or worker (port 9230); may be given for both
  --help      show this text

Environment:
  WEB_PORT 3000, WORKER_PORT 3001, CONSOLE_PORT 3002, SQS_PORT 3003, DYNAMODB_PORT 3004, MAIL_PORT 3005
                             ports; 0 takes any free one
  MAIL_FROM                  sender of mails; set but empty, no mail is sent
  AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SESV2
                             use these endpoints instead of the embedded ones
  TURNOUT_RUN_FOLDER         where it says on which ports it runs, for those commands (.turnout in this folder)
  Every variable of the tiers (web/config.ts, worker/config.ts) works here too, such as LOG_LEVEL=debug.

Prints one line to standard output when all answer: ready web=URL worker=URL console=URL sqs=URL dynamodb=URL mail=URL
Exit codes: 0 stopped by Ctrl-C or SIGTERM, 1 something failed, 2 wrong usage`;

export interface Flags {
  readonly data?: string;
  readonly unlisted: boolean;
  readonly watch: boolean;
  readonly inspect: Readonly<Partial<Record<TierName, number>>>;
  readonly help: boolean;
}

/** The first is Node's own. */
const inspectPorts: Readonly<Record<TierName, number>> = { web: 9229, worker: 9230 };
const maxPort = 65_535;

function readInspect(given: string): [TierName, number] {
  const [, tier, port] = /^(web|worker)(?:=(\d{1,5}))?$/.exec(given) ?? [];
  if (tier !== "web" && tier !== "worker")
    throw new Error(`--inspect was "${given}", allowed is web or worker, each with =PORT or without.`);
  const number = port === undefined ? inspectPorts[tier] : Number(port);
  if (number < 1 || number > maxPort)
    throw new Error(`--inspect was "${given}", allowed are ports from 1 to ${maxPort}.`);
  return [tier, number];
}

/** @returns for people, what the options have changed */
export function hintsOf({ watch, inspect }: Flags): string[] {
  return [
    ...(watch ? ["A change of the code or the event file restarts what it concerns."] : []),
    ...Object.entries(inspect).map(([tier, port]) => `A debugger connects to ${tier} at ${loopback}:${port}.`),
  ];
}

/**
 * @param args without the program's name
 * @throws Error that says which option is wrong
 */
export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string" },
      unlisted: { type: "boolean", default: false },
      watch: { type: "boolean", default: false },
      inspect: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { data, inspect, ...others } = values;
  if (data === "") throw new Error("--data needs a folder.");
  return { ...others, ...(data !== undefined && { data }), inspect: Object.fromEntries(inspect.map(readInspect)) };
}
