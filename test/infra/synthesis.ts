/**
 * Synthesises the stacks for tests: offline, with a small stand-in for the bundle, which is only a file to CDK.
 * A test that only reads a template takes it from `templates.ts`, which remembers it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { readStackConfig } from "../../infra/config.ts";
import { addStacks, type Stacks } from "../../infra/stacks.ts";
import { parseEvent } from "../../shared/registration/event-definition.ts";

/** Opens and closes after the time of every synthesis here but those that say otherwise. */
export const event = parseEvent({
  name: "Summit",
  description: "",
  opensAt: "2027-03-01T09:00:00Z",
  closesAt: "2027-03-20T18:00:00Z",
  timeZone: "Europe/Berlin",
  fields: [],
});
const longBefore = Date.parse("2027-01-01T00:00:00Z");

export interface Synthesis {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch. Default: long before the event. */
  readonly now?: number;
}

export interface Report {
  readonly pluginReports: readonly {
    readonly pluginName?: string;
    readonly violations: readonly { readonly ruleName: string; readonly violatingConstructs?: readonly unknown[] }[];
  }[];
}

export interface Synthesized {
  readonly main: Template;
  readonly firewall: Template | undefined;
  readonly report: Report;
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
  readonly Metadata: Readonly<Record<string, unknown>>;
}

/**
 * @param change what a control test breaks before the synthesis
 * @returns what CloudFormation would get, and what the checks say of it
 */
export function synthesize(
  { settings = {}, now = longBefore }: Synthesis,
  change?: (stacks: Stacks) => void,
): Synthesized {
  const folder = mkdtempSync(join(tmpdir(), "turnout-synthesis-"));
  try {
    const bundlePath = join(folder, "bundle.zip");
    writeFileSync(bundlePath, "a stand-in");
    const outdir = join(folder, "cdk.out");
    const context = { "@aws-cdk/core:validateAgainstDefaultRules": true, ...settings };
    const app = new App({ outdir, analyticsReporting: false, context });
    const stacks = addStacks(app, { config: readStackConfig(settings), event, bundlePath, now });
    change?.(stacks);
    try {
      app.synth();
    } catch (error) {
      // What the checks found stands in their report, beside the templates; anything else is an error.
      if (!existsSync(join(outdir, "validation-report.json"))) throw error;
    }
    // CDK makes the process fail when a check does; whether that fails a test is the test's business.
    process.exitCode = undefined;
    const read = (file: string): unknown => JSON.parse(readFileSync(join(outdir, file), "utf8"));
    return {
      main: read(stacks.main.templateFile) as Template,
      firewall: stacks.firewall && (read(stacks.firewall.templateFile) as Template),
      report: read("validation-report.json") as Report,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
