/** `npm run deploy`: checks the account, shows the differences, asks, lets CDK deploy, and reports. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { TurnoutError } from "../../shared/errors.ts";
import type { CommandHost } from "../../terminal/command-line.ts";
import { createDeploymentClients, firewallRegion, readAccount, type Account } from "../stack/clients.ts";
import { deployObstacle, readStack } from "../stack/deployed-stack.ts";
import { evidenceFolder, saveEvidence } from "../stack/evidence.ts";
import { adviseOn } from "../stack/failure-advice.ts";
import { firstFailure, followStack, type EventFollower } from "../stack/stack-events.ts";
import { titlesOf } from "../stack/template.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { gather } from "../../terminal/option-values.ts";
import { changedAssembly, mainOf, readAssembly, type AssembledStack } from "./assembly.ts";
import { bootstrapOptions, bootstrapProblem, readBootstrap } from "./bootstrap.ts";
import { runCdk, type Cdk, type CdkResult } from "./cdk.ts";
import { checkMail, chooseSettings, checkTemplate, lateAction, readLiveTemplate } from "./preflight.ts";
import { showChecks, showDeployment, type DeployOutput } from "./deploy-report.ts";
import { acceptOption, checkEvent } from "./event-review.ts";
import { watchForFailure } from "./failure-watch.ts";
import { chooseRound } from "./lookup-round.ts";
import { checkQuotas, demandOf, type Quota } from "./quotas.ts";

interface DeployFlags {
  readonly context?: readonly string[];
  readonly profile?: string;
  readonly region?: string;
  readonly bootstrap?: boolean;
  readonly dryRun?: boolean;
  /** False with `--no-rollback`. */
  readonly rollback: boolean;
  readonly revertDrift?: boolean;
  readonly acceptEventChanges?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export interface DeployParts {
  readonly cdk: Cdk;
  /** For the synthesised stacks. */
  readonly assemblyFolder: string;
  /** Milliseconds between two polls of a running deployment. */
  readonly pollMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const help = `
It checks the credentials, the quotas and CDK's bootstrap stack, chooses platform version and zones for a new stack, builds
the bundle, shows the differences and asks. The settings are those of cdk.json and -c; docs/operations.md lists them. Give a
stack the same settings each time: one that is left out falls back to its default.

Examples:
  npm run deploy -- --dry-run                                 checks and differences only
  npm run deploy -- -c stackName=summit -c alarmEmail=ops@example.org
  npm run deploy -- -c stage=production -c stackName=summit --profile work --region eu-central-1
  npm run deploy -- -c stackName=summit --yes --json          without a question, for a script

Exit codes: 0 deployed, unchanged or planned, 1 not deployed, 2 wrong usage or settings.`;

/** What CDK adds to the errors of the app. */
const noise = /^\s+at |Subprocess exited|feature flags/;

function quotaProblem({ name, needed, used, limit, verdict }: Quota): string[] {
  if (verdict !== "short") return [];
  return [
    `Quota: ${needed} ${name} are needed, ${(limit ?? 0) - (used ?? 0)} of ${limit} are left. Ask for more in the Service Quotas console.`,
  ];
}

/** @returns the first failed resource; without one, the last line of CDK's output */
async function explainFailure(
  stacks: readonly AssembledStack[],
  followers: readonly EventFollower[],
  { tail }: CdkResult,
): Promise<DeployOutput["failure"]> {
  for (const [index, { name, template }] of stacks.entries()) {
    const failed = firstFailure((await followers[index]?.poll().catch(() => [])) ?? []);
    if (failed === undefined) continue;
    const { logicalId, type, reason, ofStack } = failed;
    const resource = ofStack ? name : (titlesOf(template).get(logicalId) ?? logicalId);
    return { stack: name, resource, type, reason, advice: adviseOn(failed) };
  }
  const type = "before CloudFormation began";
  const reason = tail.findLast((line) => line.trim() !== "") ?? "CDK printed nothing.";
  return { stack: mainOf(stacks).name, resource: "CDK", type, reason, advice: adviseOn({ type, reason }) };
}

export function buildDeployCommand(
  { env, terminal, signal, finish }: CommandHost,
  { cdk, assemblyFolder, now, pollMs }: DeployParts,
): Command {
  const { note } = terminal;

  async function synthesize(context: readonly string[], location: readonly string[]): Promise<void> {
    const args = ["synth", "-q", "--output", assemblyFolder, ...context.flatMap((pair) => ["-c", pair]), ...location];
    const { code, tail } = await runCdk(cdk, args, { env, signal });
    if (code !== 0) {
      const said = tail.filter((line) => line.trim() !== "" && !noise.test(line)).join("\n");
      throw new TurnoutError("TURNOUT_USAGE_INVALID", `These settings cannot be deployed:\n${said}`);
    }
  }

  return new Command("npm run deploy --")
    .description("Deploy the AWS stack: check, show the differences, ask, deploy.")
    .option(
      "-c, --context <name=value>",
      "a setting, as docs/operations.md lists them; may be repeated",
      gather(String),
    )
    .option("--profile <name>", "profile of the AWS configuration files")
    .option("--region <name>", "AWS region")
    .option("--bootstrap", "create or update CDK's bootstrap stack where needed")
    .option("--dry-run", "check and show the differences only")
    .option("--no-rollback", "leave a failed deployment as it is, to find out why; then destroy it")
    .option("--revert-drift", "also undo what was changed or removed by hand since the last deployment")
    .option(acceptOption, "deploy an event file that stored registrations do not fit")
    .option("--yes", "do not ask")
    .option("--json", "print one JSON document")
    .addHelpText("after", help)
    .action(async (flags: DeployFlags) => {
      const began = performance.now();
      const wrong = flags.context?.find((pair) => !/^[\w@:/-]+=/.test(pair));
      if (wrong !== undefined) {
        throw new TurnoutError(
          "TURNOUT_USAGE_INVALID",
          `-c was "${wrong}"; allowed is name=value, such as stage=test.`,
        );
      }
      const location = flags.profile === undefined ? [] : ["--profile", flags.profile];
      const clients = createDeploymentClients({
        region: flags.region ?? (env.AWS_REGION || undefined),
        profile: flags.profile,
      });
      try {
        // First, because wrong credentials make everything after it fail with a less clear error.
        const account: Account = await readAccount(clients);
        const place = [...location, "--region", account.region];
        const context = [...(flags.context ?? [])];
        note("Checking the settings …");
        await synthesize([...context, "turnout:draft=true"], place);
        const draft = mainOf(readAssembly(assemblyFolder, account.region));
        const before = await readStack(clients.cloudFormation, draft.name);
        const live = deployObstacle(before) ? undefined : await readLiveTemplate(clients.cloudFormation, before);
        const chosen = await chooseSettings(clients, draft.template, live);
        context.push(...chosen.choices.map(({ setting, value }) => `${setting}=${value}`));
        const { round, rebuilt } = await chooseRound(clients, before);
        if (rebuilt.length > 0) note(`Rebuilt since the last deployment: ${rebuilt.join(", ")}. The stack asks again.`);
        if (round !== undefined && !context.some((pair) => pair.startsWith("lookupRound="))) {
          context.push(`lookupRound=${round}`);
        }
        note("Building the bundle and the templates …");
        await synthesize(context, place);
        const stacks = readAssembly(assemblyFolder, account.region);
        const main = mainOf(stacks);
        const clientOf = ({ region }: AssembledStack) =>
          region === firewallRegion ? clients.firewalls : clients.cloudFormation;
        const bootstraps = () =>
          Promise.all(
            stacks.map((stack) =>
              readBootstrap(clientOf(stack), stack.region, stack.bootstrapVersion, stack.qualifier),
            ),
          );
        const present = await Promise.all(stacks.map((stack) => readStack(clientOf(stack), stack.name)));
        const exists = present.some((stack) => stack?.name === main.name && stack.status !== "REVIEW_IN_PROGRESS");
        const quotas = await checkQuotas(clients, demandOf(main.template), main.name, exists);
        const checked = checkTemplate(main.template, live, now());
        const event = checkEvent(main.template, live, main.name, flags.acceptEventChanges ?? false);
        const mail = await checkMail(clients, main.template, signal);
        let bootstrap = await bootstraps();
        let output: DeployOutput = {
          stack: main.name,
          ...account,
          outcome: "not-ready",
          problems: [],
          warnings: [...chosen.warnings, ...checked.warnings, ...event.warnings, ...mail.warnings],
          chosen: [...chosen.choices],
          quotas,
          bootstrap,
          url: null,
          outputs: {},
          failure: null,
          evidence: [],
          seconds: 0,
        };

        function end(change: Partial<DeployOutput>): void {
          const seconds = Math.round((performance.now() - began) / 100) / 10;
          output = { ...output, ...change, seconds };
          if (flags.json) terminal.printJson(output);
          else showDeployment(terminal, output);
          const done = ["created", "updated", "unchanged", "planned"].includes(output.outcome);
          finish(done ? exitCodes.ok : exitCodes.failed);
        }

        showChecks(terminal, output);
        const missing = bootstrap.filter(({ ready }) => !ready);
        const problems = [
          ...present.flatMap((stack) => deployObstacle(stack) ?? []),
          ...chosen.problems,
          ...checked.problems,
          ...event.problems,
          ...mail.problems,
          ...quotas.flatMap(quotaProblem),
          ...(flags.bootstrap && !flags.dryRun
            ? []
            : missing.map((one) => bootstrapProblem(one, account.account, main.qualifier))),
        ];
        if (problems.length > 0 && !flags.dryRun) return end({ problems });

        const colored = terminal.interactive && !env.NO_COLOR ? { ...env, FORCE_COLOR: "1" } : env;
        const shown = { env: colored, signal, onLine: note };
        const diff = await runCdk(
          cdk,
          // A change set would need the bootstrap stack's bucket.
          ["diff", ...stacks.map(({ name }) => name), "--app", assemblyFolder].concat(
            missing.length > 0 ? ["--method", "template"] : [],
            place,
          ),
          shown,
        );
        if (diff.code !== 0) note("The differences cannot be shown; CDK's output above says why.");
        if (flags.dryRun) return end(problems.length > 0 ? { problems } : { outcome: "planned" });
        const question = `${exists ? "Update" : "Create"} ${main.name} in account ${account.account}, ${account.region}?`;
        if (!flags.yes && !(await terminal.confirm(question, "--yes", signal))) return end({ outcome: "declined" });

        if (missing.length > 0) {
          for (const one of missing) {
            const target = `aws://${account.account}/${one.region}`;
            await runCdk(cdk, ["bootstrap", target, ...bootstrapOptions(one, main.qualifier), ...location], shown);
          }
          bootstrap = await bootstraps();
          const still = bootstrap.filter(({ ready }) => !ready);
          output = { ...output, bootstrap };
          if (still.length > 0)
            return end({
              problems: still.map((one) => bootstrapProblem(one, account.account, main.qualifier)),
            });
        }

        const late = lateAction(main.template, now()) ?? changedAssembly(stacks, assemblyFolder, account.region);
        if (late !== undefined) return end({ problems: [late] });
        note("Deploying. Stopping this command does not stop CloudFormation.");
        const followers = await Promise.all(stacks.map((stack) => followStack(clientOf(stack), stack.name)));
        const folder = evidenceFolder(assemblyFolder, main.name, now());
        const watch = watchForFailure(
          await followStack(clients.cloudFormation, main.name),
          async () => {
            note(`Something failed. Saving the environments' events and logs below ${folder} …`);
            const evidence = await saveEvidence({ clients, stack: main.name, folder, note, pollMs, signal });
            output = { ...output, evidence };
          },
          { pollMs, signal },
        );
        const outputsFile = join(assemblyFolder, "outputs.json");
        // Approved above for all stacks at once; CDK would ask for each, and show only changed permissions.
        const options = ["--all", "--require-approval", "never", "--progress", "events", "--outputs-file", outputsFile];
        if (!flags.rollback) options.push("--no-rollback");
        if (flags.revertDrift) options.push("--revert-drift");
        const deploying = runCdk(cdk, ["deploy", "--app", assemblyFolder, ...options, ...place], shown);
        const failed = await deploying.then(({ code }) => code !== 0).catch(() => false);
        await watch.end(failed);
        const deployed = await deploying;
        if (failed) {
          const failure = await explainFailure(stacks, followers, deployed);
          const left = await readStack(clients.cloudFormation, main.name).catch(() => undefined);
          return end({ outcome: "failed", failure, problems: [deployObstacle(left) ?? []].flat() });
        }
        const changed = (await Promise.all(followers.map((follower) => follower.poll()))).flat().length > 0;
        const written = JSON.parse(readFileSync(outputsFile, "utf8")) as Record<string, Record<string, string>>;
        const outputs = written[main.name] ?? {};
        const outcome = !exists ? "created" : changed ? "updated" : "unchanged";
        end({ outcome, outputs, url: outputs["Url"] ?? null });
      } finally {
        clients.close();
      }
    });
}
