/**
 * Settings of a deployment, given as CDK context (`-c name=value` or cdk.json), with units, bounds and defaults.
 * Scaling is in `shared/aws/scaling-policy.ts`; the tiers' variables are in `platform.ts`.
 */
import { Type, type Static, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { scalingPolicy } from "../shared/aws/scaling-policy.ts";
import { mailFromPattern, mailIdentityPattern } from "./mail-settings.ts";
import { tagsPattern } from "./own-tags.ts";
import { relationErrors } from "./setting-relations.ts";
import { traceSettings } from "./trace-settings.ts";

const { web, worker, rush } = scalingPolicy;

const instances = (description: string, fallback: number) =>
  Type.Integer({ default: fallback, minimum: 1, maximum: 1_000, description });
const instanceType = (tier: string) =>
  Type.String({
    default: "c7g.medium",
    pattern: String.raw`^[a-z0-9-]+\.[a-z0-9-]+$`,
    description: `EC2 instance type of the ${tier} tier; one vCPU is what a single Node process uses`,
  });
const certificate = (description: string) =>
  Type.Optional(Type.String({ pattern: "^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+$", description }));

const cidr = String.raw`[0-9A-Fa-f:.]+(/\d{1,3})?`;

export const StackConfig = Type.Object({
  stage: Type.Union([Type.Literal("test"), Type.Literal("production")], {
    default: "test",
    description: "test leaves nothing behind when it is destroyed; production keeps tables and queues and is protected",
  }),
  stackName: Type.String({
    default: "turnout",
    pattern: "^[a-z][a-z0-9-]{0,29}$",
    description:
      "name of this event's cell; the stack is called <stackName>-<stage>. Never change it: that is a new stack",
  }),
  tags: Type.Optional(
    Type.String({
      pattern: tagsPattern,
      description:
        "your own tags, such as costCentre=42,owner=events, on everything that can carry one; they can be changed on a live stack. Default: none",
    }),
  ),
  eventFile: Type.String({
    default: "event.json",
    description: "the event's definition, path from the repository's root",
  }),
  webInstanceType: instanceType("web"),
  workerInstanceType: instanceType("worker"),
  webMinInstances: instances("web instances outside of a rush", web.minInstances),
  webMaxInstances: instances("most web instances at any time", web.maxInstances),
  webRushInstances: instances("web instances that wait for the opening and the closing", rush.webInstances),
  workerMinInstances: instances("worker instances outside of a rush", worker.minInstances),
  workerMaxInstances: instances("most worker instances at any time", worker.maxInstances),
  workerRushInstances: instances("worker instances that wait for the opening and the closing", rush.workerInstances),
  tableWarmWritesPerSecond: Type.Integer({
    default: 4_000,
    minimum: 4_000,
    maximum: 40_000,
    description:
      "writes that the registrations table takes at once; 4000 is what a new table has, more costs once, and it can never be lowered",
  }),
  tableMaxWritesPerSecond: Type.Optional(
    Type.Integer({
      minimum: 4_000,
      maximum: 1_000_000,
      description:
        "writes above which the registrations table throttles: a bound on cost. Default: the account's own quota",
    }),
  ),
  platformVersion: Type.Optional(
    Type.String({
      pattern: String.raw`^\d+\.\d+\.\d+$`,
      description:
        "version of the platform `Node.js 24 running on 64bit Amazon Linux 2023`; a new one replaces no environment. Default: what the stack has, for a new one the newest",
    }),
  ),
  zones: Type.Optional(
    Type.String({
      pattern: String.raw`^[a-z]+\d+-az\d+,[a-z]+\d+-az\d+$`,
      description:
        "ids of the two availability zones, such as euc1-az1,euc1-az2. Default: what the stack has, for a new one two that have all it needs",
    }),
  ),
  natGateways: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 2,
    description: "ways out of the private network; 2 keeps the queue within reach when a whole availability zone fails",
  }),
  logRetentionDays: Type.Union(
    [1, 3, 5, 7, 14, 30, 60, 90].map((days) => Type.Literal(days)),
    { default: 14, description: "days for which logs are kept" },
  ),
  retentionDays: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 3_650,
      description: "days after which the registrations table forgets a registration. Default: never",
    }),
  ),
  instanceAccess: Type.Optional(
    Type.Boolean({
      description:
        "whether Session Manager and Run Command reach the instances, for those whom IAM allows them. Default: on the test stage",
    }),
  ),
  rateLimitPerMinute: Type.Integer({
    default: 600,
    minimum: 0,
    maximum: 1_000_000,
    description: "registrations that one client may send to one web instance in a minute; 0 for no limit",
  }),
  loadTestFrom: Type.Optional(
    Type.String({
      pattern: `^${cidr}(,${cidr})*$`,
      description:
        "addresses or ranges, comma-separated, that send a load test: no limit for each client counts for them, neither the web tier's nor the firewall's. Default: none",
    }),
  ),
  loadTestUntil: Type.Optional(
    Type.String({
      pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$`,
      description:
        "when the limits count for loadTestFrom again, UTC, such as 2027-02-01T12:00Z. Default: none, with no loadTestFrom",
    }),
  ),
  runbookUrl: Type.Optional(
    Type.String({
      pattern: String.raw`^https://[^\s#]+$`,
      description:
        "where your docs/operations.md can be read, without a section: alarms and the dashboard link to it. Default: they name the section",
    }),
  ),
  alarmEmail: Type.Optional(
    Type.String({
      pattern: "^[^@\\s]+@[^@\\s]+$",
      description: "where alarms go; the address is asked to confirm. Default: alarms show on the dashboard only",
    }),
  ),
  domainName: Type.Optional(
    Type.String({
      pattern: String.raw`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$`,
      description: "own domain of the event page, with both certificates below. Default: a name of CloudFront's",
    }),
  ),
  certificateArn: certificate("certificate for domainName, in us-east-1, for browsers"),
  originCertificateArn: certificate(
    "certificate for origin.<domainName>, in the stack's region, for the load balancer",
  ),
  publicUrl: Type.Optional(
    Type.String({
      pattern: String.raw`^https://[a-z0-9.-]+(:\d{1,5})?$`,
      description:
        "where the site is for everybody, without a path: links in mails begin with it. Default: https://<domainName>; needed with mailFrom where there is no own domain",
    }),
  ),
  mailFrom: Type.Optional(
    Type.String({
      pattern: mailFromPattern,
      description:
        "sender of the mails to attendees, `Name <address>` or an address, of an identity that SES has verified in the stack's region. Default: no mail",
    }),
  ),
  mailIdentity: Type.Optional(
    Type.String({
      pattern: mailIdentityPattern,
      description: "the verified identity of mailFrom, a domain or an address. Default: the domain of mailFrom",
    }),
  ),
  mailIdentityManaged: Type.Boolean({
    default: false,
    description: "whether the stack makes the identity, and removes it again; one that exists already is only used",
  }),
  mailsPerSecond: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000,
      description: "mails that all workers together send in a second at most. Default: the account's own rate",
    }),
  ),
  ...traceSettings,
  securityContact: Type.Optional(
    Type.String({
      pattern: String.raw`^(mailto:[^\s@]+@[^\s@]+|https://\S+)$`,
      description:
        "mailto: or https: URI for those who find a weakness, in /.well-known/security.txt. Default: there is none",
    }),
  ),
  waf: Type.Boolean({
    default: false,
    description: "a web application firewall in front, as a second stack in us-east-1",
  }),
  registrationChallenge: Type.Boolean({
    default: false,
    description:
      "whether the firewall lets only browsers register that passed its silent challenge; it needs waf. Who has no JavaScript then can't register, nor see the event page",
  }),
  lookupRound: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 1_000_000,
    description:
      "a higher number than at the last deployment has the stack ask again for the names that Elastic Beanstalk chose; npm run deploy raises it by itself after a rebuilt environment",
  }),
  wafPostsPerAddress: Type.Integer({
    default: 1_000,
    minimum: 10,
    maximum: 2_000_000,
    description:
      "registrations from one address in five minutes before the firewall rejects; an office shares one address",
  }),
});

export type StackConfig = Readonly<Static<typeof StackConfig>>;

/** For a synthesis without an account; `npm run deploy` asks the account, which may no longer be offered this one. */
export const fallbackPlatformVersion = "6.11.5";

/** Settings that depend on the account: `npm run deploy` chooses those that were not given. */
export function openSettings(config: StackConfig): string[] {
  return (["platformVersion", "zones"] as const).filter((name) => config[name] === undefined);
}

/** @returns the ids of the two zones; undefined where none are given */
export function zonesOf({ zones }: StackConfig): readonly string[] | undefined {
  return zones?.split(",");
}

export class StackConfigError extends Error {
  readonly errors: readonly string[];

  constructor(errors: readonly string[]) {
    super(`The deployment's configuration has ${errors.length} error(s):\n${errors.map((f) => `  - ${f}`).join("\n")}`);
    this.name = "StackConfigError";
    this.errors = errors;
  }
}

interface Setting {
  readonly type?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly { readonly const?: unknown }[];
}

/** The command line gives text; cdk.json gives typed values. */
function parse(value: unknown, setting: Setting): unknown {
  if (typeof value !== "string") return value;
  const ofNumbers = setting.anyOf?.some((choice) => typeof choice.const === "number");
  const wantsNumber = setting.type === "integer" || setting.type === "number" || ofNumbers;
  if (wantsNumber && /^\d+(\.\d+)?$/.test(value)) return Number(value);
  if (setting.type === "boolean" && (value === "true" || value === "false")) return value === "true";
  return value;
}

function allowed({ type, minimum, maximum, anyOf }: Setting): string {
  if (anyOf) return `one of ${anyOf.map((choice) => String(choice.const)).join(", ")}`;
  const number = type === "number" ? "a number" : "a whole number";
  if (minimum !== undefined && maximum !== undefined) return `${number} from ${minimum} to ${maximum}`;
  return type === "boolean" ? "true or false" : "a text of the form described";
}

/** @returns whether Session Manager reaches the instances */
export function hasInstanceAccess({ instanceAccess, stage }: Pick<StackConfig, "instanceAccess" | "stage">): boolean {
  return instanceAccess ?? stage === "test";
}

/** CDK's own context keys contain a colon, slash or hyphen and ours do not, so misspelt ones are detected. */
const ownKey = /^[A-Za-z0-9]+$/;

/**
 * @param context all context values, CDK's own included
 * @returns the frozen configuration with defaults
 * @throws StackConfigError naming every error: the setting, what was given, what is allowed
 */
export function readStackConfig(context: Readonly<Record<string, unknown>>): StackConfig {
  const settings = StackConfig.properties as Record<string, TSchema & Setting>;
  const errors = Object.keys(context)
    .filter((key) => ownKey.test(key) && !(key in settings))
    .map((key) => `${key} is not a setting; there are ${Object.keys(settings).join(", ")}`);
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const given = context[name];
    if (given === undefined || given === "") {
      if (setting.default !== undefined) values[name] = setting.default;
      continue;
    }
    const value = parse(given, setting);
    if (Compile(setting).Check(value)) values[name] = value;
    else
      errors.push(
        `${name} was ${JSON.stringify(given)}, allowed is ${allowed(setting)} (${setting.description ?? ""})`,
      );
  }
  if (errors.length === 0) errors.push(...relationErrors(values as StackConfig));
  if (errors.length > 0) throw new StackConfigError(errors);
  return Object.freeze(values) as StackConfig;
}
