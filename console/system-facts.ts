/** What the system page tells: versions, where this console is connected, and the limits that everything lives within. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dynamoDbLimits, sqsLimits } from "../shared/aws/aws-limits.ts";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { maxPackBytes, maxPackRegistrations, packVersion } from "../shared/registration/registration-pack.ts";
import { maxAnswerLength, maxNameLength } from "../shared/registration/registration.ts";
import type { Connection } from "../terminal/connection.ts";
import { formatSeconds } from "../terminal/duration.ts";

export interface FactGroup {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
}

export interface SystemFacts {
  /** @throws the SDK's error when the region cannot be told */
  groups(): Promise<FactGroup[]>;
}

export interface SystemFactsOptions {
  readonly connection: Pick<
    Connection,
    "deployment" | "queueUrl" | "deadLetterQueueUrl" | "registrationsTable" | "deadLettersTable" | "tiers" | "sqs"
  >;
  readonly identity: () => Promise<string>;
  readonly event: EventDefinition | undefined;
  readonly lookEverySeconds: number;
}

const manifest = join(import.meta.dirname, "..", "package.json");

function count(value: number): string {
  return value.toLocaleString("en");
}

function kibibytes(bytes: number): string {
  return `${count(bytes / 1_024)} KiB`;
}

function tierFacts({ tiers }: SystemFactsOptions["connection"]): [string, string][] {
  if (tiers.kind === "urls") {
    return [
      ["Web tier", tiers.web ?? "not given; set WEB_URL to see how it is"],
      ["Worker tier", tiers.worker ?? "not given; set WORKER_URL to see how it is"],
    ];
  }
  const { web, worker } = tiers.environments;
  return [
    ["Web tier", `Elastic Beanstalk environment ${web}`],
    ["Worker tier", `Elastic Beanstalk environment ${worker}`],
  ];
}

function eventFacts(event: EventDefinition | undefined): [string, string][] {
  if (!event) return [["Event", "none given: answers are checked only for what every event asks"]];
  return [
    ["Event", event.name],
    ["Opens", event.opensAt],
    ["Closes", event.closesAt],
    ["Time zone", event.timeZone],
    ["Fields", event.fields.map(({ id, type }) => `${id} (${type})`).join(", ") || "none besides email and name"],
  ];
}

export function createSystemFacts(options: SystemFactsOptions): SystemFacts {
  const { connection, identity, event, lookEverySeconds } = options;
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };

  return {
    async groups() {
      // Who it is may be unknown, without credentials for example; all else can be told.
      const who = await identity().catch(() => "not known: there are no valid credentials");
      const region = await connection.sqs.config.region().catch(() => "not set");
      return [
        {
          title: "Versions",
          facts: [
            ["Turnout", version],
            ["Pack format", String(packVersion)],
            ["Node.js", process.versions.node],
          ],
        },
        {
          title: "This console",
          facts: [
            ["Deployment", connection.deployment],
            ["Region", region],
            ["You are", who],
            ["Looks every", formatSeconds(lookEverySeconds)],
          ],
        },
        {
          title: "Deployment",
          facts: [
            ["Queue", connection.queueUrl],
            ["Dead-letter queue", connection.deadLetterQueueUrl],
            ["Registrations table", connection.registrationsTable],
            ["Dead-letters table", connection.deadLettersTable],
            ...tierFacts(connection),
          ],
        },
        { title: "Event", facts: eventFacts(event) },
        {
          title: "Limits",
          facts: [
            ["Registrations in a message", `1 to ${count(maxPackRegistrations)}`],
            ["Size of a message", `${count(maxPackBytes)} bytes (SQS takes ${kibibytes(sqsLimits.maxMessageBytes)})`],
            ["A message stays on the queue", `${formatSeconds(sqsLimits.maxRetentionSeconds)} at most`],
            ["A dead letter stays in its table", "until somebody erases it"],
            ["Length of a name", `${count(maxNameLength)} characters`],
            ["Length of an answer", `${count(maxAnswerLength)} characters`],
            ["Size of a table item", kibibytes(dynamoDbLimits.maxItemBytes)],
          ],
        },
      ];
    },
  };
}
