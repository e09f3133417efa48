/**
 * Writes `docs/configuration.md` from the schemas that read the environment. `npm run docs` puts it in its place; a test
 * fails while it is not in step.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TObject } from "typebox";
import { LocalConfig } from "../../local/config.ts";
import { WebConfig } from "../../web/config.ts";
import { WorkerConfig } from "../../worker/config.ts";
import { root } from "./source-tree.ts";

interface Variable {
  readonly type?: string;
  readonly description?: string;
  readonly default?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly writeOnly?: boolean;
}

const number = (value: number) => value.toLocaleString("en");

function allowed({ type, minimum, maximum, pattern, enum: values, writeOnly }: Variable): string {
  if (values) return values.map((value) => `\`${value}\``).join(" ");
  if (type === "boolean") return "`true` `false`";
  if (minimum !== undefined && maximum !== undefined) return `${number(minimum)} to ${number(maximum)}`;
  if (pattern?.startsWith("^https?://")) return "an http or https URL";
  return writeOnly ? "text, never shown" : "text";
}

function preset(variable: Variable, required: boolean): string {
  if (variable.default !== undefined) return variable.default === "" ? "empty" : `\`${variable.default}\``;
  return required ? "**required**" : "not set";
}

function table(schema: TObject): string {
  const required = new Set<string>(schema.required ?? []);
  const rows = (Object.entries(schema.properties) as [string, Variable][]).map(
    ([name, variable]) =>
      `| \`${name}\` | ${preset(variable, required.has(name))} | ${allowed(variable)} | ${variable.description ?? ""} |`,
  );
  return ["| variable | default | allowed | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

export const configurationPath = "docs/configuration.md";

export function configurationDocument(): string {
  return `# Configuration

<!-- Written by \`npm run docs\` from the schemas; change those, not this file. -->

These are the environment variables of the processes. On AWS the stack sets them, and its
[settings](operations.md#settings) are what an operator changes.

A process reads its environment once, at its start. An empty value counts as not set. If anything is missing or out of bounds, the
process names all of it and ends before it listens (\`TURNOUT_ENVIRONMENT_INVALID\` in [errors](errors.md)). The AWS SDK's own variables
work as everywhere: credentials, profile, and \`AWS_ENDPOINT_URL_SQS\`, \`AWS_ENDPOINT_URL_DYNAMODB\` and \`AWS_ENDPOINT_URL_SESV2\` for
endpoints other than AWS.

## Web tier

From [\`web/config.ts\`](../web/config.ts).

${table(WebConfig)}

## Worker tier

From [\`worker/config.ts\`](../worker/config.ts).

${table(WorkerConfig)}

## \`npm start\`

From [\`local/config.ts\`](../local/config.ts). The variables of the tiers work as well, except for those that follow from the local
stack itself, such as the names of tables.

${table(LocalConfig)}
`;
}

if (import.meta.main) writeFileSync(join(root, configurationPath), configurationDocument());
