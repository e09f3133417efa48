/** The report of a deployment, for machines and for people: checks, outcome and next steps. */
import { Type, type Static } from "typebox";
import { formatSeconds } from "../../terminal/duration.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { Bootstrap } from "./bootstrap.ts";
import { Choice } from "./preflight.ts";
import { Quota } from "./quotas.ts";

/** What `--json` prints. */
export const DeployOutput = Type.Object(
  {
    stack: Type.String(),
    account: Type.String(),
    region: Type.String(),
    identity: Type.String(),
    outcome: Type.Enum(["created", "updated", "unchanged", "planned", "declined", "not-ready", "failed"]),
    problems: Type.Array(Type.String(), {
      description: "why it is not-ready, or what is in the way after a failure, each with what to do",
    }),
    warnings: Type.Array(Type.String(), { description: "what to know or do, though it can be deployed" }),
    chosen: Type.Array(Choice, { description: "settings that were left to the account" }),
    quotas: Type.Array(Quota),
    bootstrap: Type.Array(Bootstrap),
    url: Type.Union([Type.String(), Type.Null()]),
    outputs: Type.Record(Type.String(), Type.String()),
    failure: Type.Union([
      Type.Object({
        stack: Type.String(),
        resource: Type.String({ description: "that failed first" }),
        type: Type.String(),
        reason: Type.String(),
        advice: Type.String(),
      }),
      Type.Null(),
    ]),
    evidence: Type.Array(Type.String(), {
      description: "files with the environments' events and logs, where it failed",
    }),
    seconds: Type.Number({ minimum: 0 }),
  },
  { additionalProperties: false },
);

export type DeployOutput = Static<typeof DeployOutput>;

/** Shows what will be deployed where, as whom, and whether the account is ready. */
export function showChecks(
  { colors, note }: Terminal,
  { identity, account, region, stack, warnings, chosen, quotas, bootstrap }: DeployOutput,
): void {
  note(`${colors.bold(stack)} in account ${account}, ${region}, as ${identity}`);
  for (const { setting, value, why } of chosen) note(`  ${colors.green("ok")}  ${setting} ${value}: ${why}`);
  for (const { region: where, stack: name, version, ready } of bootstrap) {
    const mark = ready ? colors.green("ok") : colors.red("no");
    note(
      `  ${mark}  CDK's bootstrap stack in ${where}: ${name ?? "none"}${version === null ? "" : `, version ${version}`}`,
    );
  }
  for (const { name, needed, peak, used, limit, verdict, detail } of quotas) {
    const mark = { enough: colors.green("ok"), short: colors.red("no"), unknown: colors.yellow("??") };
    const left = limit === null || used === null ? detail : `${limit - used} of ${limit} left`;
    const wanted = peak > needed ? `${needed} needed, ${peak} at the peak` : `${needed} needed`;
    note(`  ${mark[verdict as keyof typeof mark] ?? colors.yellow("!!")}  ${name}: ${wanted}, ${left}`);
  }
  for (const warning of warnings) note(`  ${colors.yellow("!!")}  ${warning}`);
}

function nextSteps(stack: string, outputs: Readonly<Record<string, string>>, isNew: boolean): string[] {
  const { Url = "", DistributionDomainName = "", Dashboard = "" } = outputs;
  const steps: string[] = [];
  if (Url !== "" && DistributionDomainName !== "" && !Url.endsWith(DistributionDomainName)) {
    steps.push(`Point a CNAME of ${new URL(Url).hostname} to ${DistributionDomainName}, if there is none yet.`);
  }
  if (isNew) steps.push("Confirm the alarms' subscription in the email from AWS, where alarmEmail is set.");
  steps.push(
    `Check that everything works: npm run turnout -- stack verify --stack ${stack}`,
    `Watch the queue: npm run turnout -- queue --watch --stack ${stack}`,
  );
  if (Dashboard !== "") steps.push(`Watch the rest: CloudWatch dashboard ${Dashboard}`);
  if (isNew) steps.push("Before an event: docs/operations.md, “Open an event” and “First deployment: check these”.");
  return ["", ...(Url === "" ? [] : [`Event page: ${Url}`]), ...steps.map((step) => `  - ${step}`)];
}

export function showDeployment({ colors, note, print }: Terminal, output: DeployOutput): void {
  const { stack, outcome, problems, failure, evidence, seconds } = output;
  const took = formatSeconds(seconds);
  for (const problem of problems) note(`${colors.red("✗")} ${problem}`);
  if (failure !== null) {
    print(`${colors.red("Failed:")} ${failure.resource} (${failure.type}) of ${failure.stack}, ${took}`);
    print(`  ${failure.reason}`);
    print(`  ${failure.advice}`);
    for (const file of evidence) print(`  saved: ${file}`);
    if (evidence.length === 0 && failure.type.startsWith("AWS::ElasticBeanstalk::"))
      print("  Nothing of it could be saved. The same with --no-rollback leaves the environment there.");
  } else if (outcome === "not-ready" || outcome === "declined") print("Nothing was deployed.");
  else if (outcome === "planned") print(`Ready to deploy ${stack}: the same command without --dry-run does it.`);
  else if (outcome === "unchanged") print(`${stack} is up to date; nothing had to change.`);
  else if (outcome !== "failed") print(`${stack} is ${outcome} (${took}).`);
  if (!["created", "updated", "unchanged"].includes(outcome)) return;
  for (const line of nextSteps(stack, output.outputs, outcome === "created")) print(line);
}
