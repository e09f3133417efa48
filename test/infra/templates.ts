/**
 * Templates for tests, remembered between them: a synthesis takes seconds, and most tests only read its result. What is
 * remembered is found by a hash of everything that goes into a synthesis, so it is never old.
 */
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Resource, Synthesis, Synthesized, Template } from "./synthesis.ts";

const root = resolve(import.meta.dirname, "../..");
const cache = join(root, "node_modules/.cache/turnout-synthesis");
const inputs = [
  "infra/**/*.{ts,js}",
  "shared/aws/{people-grants,scaling-policy,tier-grants}.ts",
  "shared/registration/event-definition.ts",
  "test/infra/synthesis.ts",
  "package-lock.json",
];

/** A configuration with everything in it that is optional. */
export const fullSettings = {
  stage: "production",
  alarmEmail: "operator@example.org",
  runbookUrl: "https://example.org/turnout/docs/operations.md",
  tags: "costCentre=42,owner=events team",
  lookupRound: 2,
  rateLimitPerMinute: 1_200,
  loadTestFrom: "203.0.113.7,2001:db8::/48",
  loadTestUntil: "2027-02-01T12:00Z",
  waf: true,
  registrationChallenge: true,
  mailFrom: "Summit 2027 <registration@mail.example.org>",
  mailIdentity: "example.org",
  mailIdentityManaged: true,
  mailsPerSecond: 50,
  securityContact: "mailto:security@example.org",
  domainName: "summit.example.org",
  certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/11111111",
  originCertificateArn: "arn:aws:acm:eu-central-1:123456789012:certificate/22222222",
  natGateways: 2,
  tracesEndpoint: "https://collector.example.org",
  tracesShare: 0.01,
  retentionDays: 90,
  tableWarmWritesPerSecond: 10_000,
  tableMaxWritesPerSecond: 20_000,
};

/** The longest name, in zones of one's own. */
export const longSettings = { stackName: "a23456789-123456789-123456789x", zones: "use1-az1,use1-az5" };

let sources: string | undefined;

function sourcesHash(): string {
  if (sources === undefined) {
    const hash = createHash("sha256");
    for (const file of globSync(inputs, { cwd: root }).toSorted())
      hash.update(file).update(readFileSync(join(root, file)));
    sources = hash.digest("hex");
  }
  return sources;
}

/** @returns the synthesis of this configuration: remembered, or made now and remembered */
export async function synthesized(synthesis: Synthesis = {}): Promise<Synthesized> {
  const folder = join(cache, sourcesHash());
  const file = join(folder, `${createHash("sha256").update(JSON.stringify(synthesis)).digest("hex")}.json`);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Synthesized;
  } catch {
    const { synthesize } = await import("./synthesis.ts");
    const made = synthesize(synthesis);
    forgetOtherSources(folder);
    // Several tests run at once; each sees a whole file or none.
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(made));
    renameSync(`${file}.${process.pid}`, file);
    return made;
  }
}

function forgetOtherSources(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const other of readdirSync(cache)) {
    if (other !== basename(folder)) rmSync(join(cache, other), { recursive: true, force: true });
  }
}

/** @returns the resources of a type, with their logical ids */
export function resources(template: Template, type: string): [id: string, resource: Resource][] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}

/** @returns the only resource of a type whose logical id begins so */
export function only(template: Template, type: string, idPrefix = ""): Resource {
  const found = resources(template, type).filter(([id]) => id.startsWith(idPrefix));
  const [first] = found;
  if (!first || found.length > 1) throw new Error(`${found.length} resources of ${type} begin with "${idPrefix}"`);
  return first[1];
}

/** What an alarm watches: its only metric, in whichever of CloudFormation's two forms it is written. */
export function watched(alarm: Resource): Readonly<Record<string, unknown>> {
  const [first, ...others] = (alarm.Properties["Metrics"] ?? []) as { MetricStat: Record<string, unknown> }[];
  if (!first) return alarm.Properties;
  if (others.length > 0) throw new Error("this alarm watches more than one metric");
  const { Metric, ...rest } = first.MetricStat as { Metric: Record<string, unknown> };
  return { ...rest, ...Metric };
}
