/**
 * What is settled with the account before anything is deployed: the settings that depend on it, the changes that a live
 * stack cannot take, and what the clock can still do. Quotas and the bootstrap stack: `quotas.ts`, `bootstrap.ts`.
 */
import type { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { Type, type Static } from "typebox";
import type { DeploymentClients } from "../stack/clients.ts";
import type { DeployedStack } from "../stack/deployed-stack.ts";
import { checkMailAccount, mailPlanOf } from "../stack/mail-account.ts";
import { propertiesOf, readTemplate, type Template } from "../stack/template.ts";
import { refusedChanges } from "./live-changes.ts";
import { platformOf, readPlatformVersions } from "./platform-version.ts";
import { demandOf } from "./quotas.ts";
import { readZones, zonesOf } from "./zones.ts";

export const Choice = Type.Object(
  {
    setting: Type.String(),
    value: Type.String(),
    why: Type.String({ description: "where it comes from" }),
  },
  { additionalProperties: false },
);

export type Choice = Static<typeof Choice>;

export interface Findings {
  /** Settings that were left open, as the next synthesis needs them. */
  readonly choices: readonly Choice[];
  /** Why it cannot be deployed, each with what to do. */
  readonly problems: readonly string[];
  /** What the operator should know or do. */
  readonly warnings: readonly string[];
}

/** Of `infra/stack.ts`. */
const openSettings = "turnout:open-settings";
const rushesNotRaised = "turnout:rushes-not-raised";

/** A deployment is usually over within; the synthesis leaves an hour. */
const deploymentMs = 1_800_000;

const nothing: Findings = { choices: [], problems: [], warnings: [] };

/** @returns the template of a live stack, which also records what was chosen for it; undefined where there is none */
export async function readLiveTemplate(
  client: CloudFormationClient,
  stack: DeployedStack | undefined,
): Promise<Template | undefined> {
  if (stack === undefined || stack.status === "REVIEW_IN_PROGRESS") return undefined;
  return readTemplate(client, stack.id);
}

/**
 * Chooses the settings that depend on the account and were not given, and checks them otherwise.
 * @param draft the template by the settings that were given
 * @throws the SDK's error where the account cannot be asked
 */
export async function chooseSettings(
  clients: Pick<DeploymentClients, "beanstalk" | "ec2">,
  draft: Template,
  live: Template | undefined,
): Promise<Findings> {
  const open = new Set((draft.Metadata?.[openSettings] ?? []) as readonly string[]);
  return join(
    await choosePlatform(clients, draft, live, open.has("platformVersion")),
    await chooseZones(clients, draft, live, open.has("zones")),
  );
}

async function choosePlatform(
  { beanstalk }: Pick<DeploymentClients, "beanstalk">,
  draft: Template,
  live: Template | undefined,
  isOpen: boolean,
): Promise<Findings> {
  const wanted = platformOf(draft);
  if (wanted === undefined) return nothing;
  const { branch } = wanted;
  const versions = await readPlatformVersions(beanstalk, branch);
  const [newest] = versions;
  const present = live && platformOf(live);
  if (isOpen && present?.branch === branch) {
    const { version } = present;
    const newer =
      newest === undefined || newest === version ? "" : `; ${newest} is there: -c platformVersion=${newest}`;
    return { ...nothing, choices: [{ setting: "platformVersion", value: version, why: `as deployed${newer}` }] };
  }
  if (newest === undefined) {
    return { ...nothing, problems: [`Elastic Beanstalk offers no version of ${branch} in this region.`] };
  }
  if (isOpen) {
    return { ...nothing, choices: [{ setting: "platformVersion", value: newest, why: `the newest of ${branch}` }] };
  }
  if (versions.includes(wanted.version) || present?.version === wanted.version) return nothing;
  const offered = versions.slice(0, 5).join(", ");
  return {
    ...nothing,
    problems: [
      `platformVersion ${wanted.version} is not offered to this account in this region: superseded ones are there only for those who used them. Offered are ${offered}. Leave it out for the newest.`,
    ],
  };
}

async function chooseZones(
  { ec2 }: Pick<DeploymentClients, "ec2">,
  draft: Template,
  live: Template | undefined,
  isOpen: boolean,
): Promise<Findings> {
  const types = [...new Set(demandOf(draft).instances.map(({ type }) => type))].filter((type) => type !== "");
  if (types.length === 0) return nothing;
  const { fit, unfit } = await readZones(ec2, types);
  const reasons = [...unfit].map(([id, why]) => `${id}: ${why}`).join("; ");
  const present = live === undefined ? [] : zonesOf(live);
  // A live stack that left them to the account stays as it is: its subnets cannot move.
  if (isOpen && live !== undefined && present.length === 0) return nothing;
  const settled = isOpen ? present : zonesOf(draft);
  const problems = settled
    .filter((id) => !fit.includes(id))
    .map((id) => {
      const why = unfit.get(id) ?? "the region has no such zone, or it is not available now";
      return `Zone ${id} cannot be used: ${why}. Those that can are ${fit.join(", ") || "none"}.`;
    });
  if (!isOpen) return { ...nothing, problems };
  if (settled.length > 0) {
    return { ...nothing, problems, choices: [{ setting: "zones", value: settled.join(","), why: "as deployed" }] };
  }
  const [one, other] = fit;
  if (one === undefined || other === undefined) {
    const few = `Two zones with ${types.join(" and ")} are needed, and this region has ${one ?? "none"} (${reasons}). Choose other instance types, or another region.`;
    return { ...nothing, problems: [few] };
  }
  const why = `the first two with ${types.join(" and ")} and VPC origins${reasons && ` (${reasons})`}`;
  return { ...nothing, choices: [{ setting: "zones", value: `${one},${other}`, why }] };
}

/**
 * Compares the template that is about to be deployed with the live one and the clock.
 * @param now milliseconds since the epoch
 */
export function checkTemplate(template: Template, live: Template | undefined, now: number): Findings {
  const rushes = (template.Metadata?.[rushesNotRaised] ?? []) as readonly Record<
    "name" | "raiseAt" | "releaseAt",
    string
  >[];
  const refused = { ...nothing, problems: live === undefined ? [] : refusedChanges(live, template) };
  return join(refused, ...rushes.map((rush) => checkRush(rush, live !== undefined, now)));
}

function checkRush(
  { name, raiseAt, releaseAt }: Record<"name" | "raiseAt" | "releaseAt", string>,
  isLive: boolean,
  now: number,
): Findings {
  const rush = name.toLowerCase();
  const byHand = "raise them by hand (docs/operations.md, “Open an event”)";
  if (!isLive) {
    const warning = `It is too late for the clock to raise both tiers at ${raiseAt} for the ${rush}: once they are there, ${byHand}.`;
    return { ...nothing, warnings: [warning] };
  }
  if (now < Date.parse(raiseAt)) {
    const problem = `At ${raiseAt} the clock raises both tiers for the ${rush}; a deployment that may take an hour would take that action away. Wait until it is over, ${releaseAt}, or in an emergency until it is done.`;
    return { ...nothing, problems: [problem] };
  }
  const warning = `The ${rush} is under way, and both tiers are raised until ${releaseAt}: a deployment replaces half of the web tier in turn, and may bring back the usual minimum. Watch it, and ${byHand}.`;
  return { ...nothing, warnings: [warning] };
}

/**
 * Checks what SES knows of the account and of the sender, where there is mail.
 * @throws only the signal's reason
 */
export async function checkMail(
  clients: Pick<DeploymentClients, "ses">,
  template: Template,
  signal: AbortSignal,
): Promise<Findings> {
  const plan = mailPlanOf(template);
  if (plan === undefined) return nothing;
  const checks = await checkMailAccount(clients, plan, signal);
  const told = (wanted: string) =>
    checks
      .filter(({ weight }) => weight === wanted)
      .map(({ name, found, todo }) => `${name}: ${found}.${todo && ` ${todo}`}`);
  return { ...nothing, problems: told("in the way"), warnings: told("to know") };
}

/** @returns why a template that was made some time ago comes too late, or undefined */
export function lateAction(template: Template, now: number): string | undefined {
  for (const action of propertiesOf(template, "AWS::AutoScaling::ScheduledAction")) {
    const startTime = String(action["StartTime"]);
    if (Date.parse(startTime) - now >= deploymentMs) continue;
    return `An action of the clock, at ${startTime}, is now too near: AWS would reject it when it has passed, and undo everything. Run the command again.`;
  }
  return undefined;
}

function join(...all: readonly Findings[]): Findings {
  return {
    choices: all.flatMap(({ choices }) => choices),
    problems: all.flatMap(({ problems }) => problems),
    warnings: all.flatMap(({ warnings }) => warnings),
  };
}
