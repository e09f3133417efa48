/** The content of the system page: versions, what this console is connected to, and the limits. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dynamoDbLimits, sqsLimits } from "../shared/aws/aws-limits.ts";
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import { maxPackBytes, maxPackRegistrations, latestPackVersion } from "../shared/registration/registration-pack.ts";
import { maxAnswerLength, maxNameLength } from "../shared/registration/registration.ts";
import type { Connection } from "../terminal/connection.ts";
import { formatSeconds } from "../terminal/duration.ts";
import { createZonedTimes } from "../terminal/zoned-times.ts";

export interface FactGroup {
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
}

export interface SystemFacts {
  groups(): Promise<FactGroup[]>;
}

export interface SystemFactsOptions {
  readonly connection: Pick<
    Connection,
    "deployment" | "queueUrl" | "deadLetterQueueUrl" | "registrationsTable" | "deadLettersTable" | "tiers" | "sqs"
  >;
  readonly identity: () => Promise<string>;
  readonly event: EventDefinition | undefined;
  readonly pollIntervalSeconds: number;
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
      ["Web tier", tiers.web ?? "unknown; set WEB_URL to see its state"],
      ["Worker tier", tiers.worker ?? "unknown; set WORKER_URL to see its state"],
    ];
  }
  const { web, worker } = tiers.environments;
  return [
    ["Web tier", `Elastic Beanstalk environment ${web}`],
    ["Worker tier", `Elastic Beanstalk environment ${worker}`],
  ];
}

function eventFacts(event: EventDefinition | undefined): [string, string][] {
  if (!event) return [["Event", "none given: only email and name are checked"]];
  const times = createZonedTimes(event.timeZone);
  return [
    ["Event", event.name],
    ["Opens", times.full(event.opensAt)],
    ["Closes", times.full(event.closesAt)],
    ["Time zone", event.timeZone],
    ["Fields", event.fields.map(({ id, type }) => `${id} (${type})`).join(", ") || "none besides email and name"],
  ];
}

export function createSystemFacts(options: SystemFactsOptions): SystemFacts {
  const { connection, identity, event, pollIntervalSeconds } = options;
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };

  return {
    async groups() {
      // The identity is unknown without credentials; the rest is not.
      const who = await identity().catch(() => "unknown: there are no valid credentials");
      const region = await connection.sqs.config.region().catch(() => "not set");
      return [
        {
          title: "Versions",
          facts: [
            ["Turnout", version],
            ["Pack format, latest", String(latestPackVersion)],
            ["Node.js", process.versions.node],
          ],
        },
        {
          title: "This console",
          facts: [
            ["Deployment", connection.deployment],
            ["Region", region],
            ["You are", who],
            ["Polls every", formatSeconds(pollIntervalSeconds)],
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
            ["A dead letter stays in its table", "until it is erased"],
            ["Length of a name", `${count(maxNameLength)} characters`],
            ["Length of an answer", `${count(maxAnswerLength)} characters`],
            ["Size of a table item", kibibytes(dynamoDbLimits.maxItemBytes)],
          ],
        },
      ];
    },
  };
}
