/** `npm run deploy`: checks the account, shows what would change, asks, deploys, and says what to do next. */
import { Command } from "commander";
import { TurnoutError } from "../../shared/errors.ts";
import type { CommandHost } from "../../terminal/command-line.ts";
import { createDeploymentClients, firewallRegion, readAccount, type Account } from "../stack/clients.ts";
import { deployObstacle, readStack } from "../stack/deployed-stack.ts";
import { adviseOn } from "../stack/failure-advice.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { gather } from "../../terminal/option-values.ts";
import { readAssembly, type AssembledStack } from "./assembly.ts";
import { readBootstrap, type Bootstrap } from "./bootstrap.ts";
import { runCdk, type Cdk } from "./cdk.ts";
import { runDeployment } from "./deployment-run.ts";
import { showChecks, showDeployment, type DeployOutput } from "./deploy-report.ts";
import { checkQuotas, demandOf, type Quota } from "./quotas.ts";

interface DeployFlags {
  readonly context?: readonly string[];
  readonly profile?: string;
  readonly region?: string;
  readonly bootstrap?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export interface DeployParts {
  readonly cdk: Cdk;
  /** Where the synthesised stacks go. */
  readonly assemblyFolder: string;
  /** Milliseconds between two looks at CloudFormation's events. */
  readonly pollMs: number;
}

const help = `
It checks the credentials, the quotas and CDK's bootstrap stack, makes the bundle, shows what would change and asks. The
settings are those of cdk.json and of -c; docs/operations.md lists them. Give a stack the same ones each time: a setting
that is left out falls back to its default.

Examples:
  npm run deploy -- --dry-run                                 checks and differences, nothing more
  npm run deploy -- -c stackName=summit -c alarmEmail=ops@example.org
  npm run deploy -- -c stage=production -c stackName=summit --profile work --region eu-central-1
  npm run deploy -- -c stackName=summit --yes --json          without a question, for a script

Exit codes: 0 deployed, unchanged or planned, 1 not deployed, 2 wrong usage or settings.`;

/** What CDK says besides, when the app has told its faults. */
const notOfUse = /^\s+at |Subprocess exited|feature flags/;

function mainOf(stacks: readonly AssembledStack[]): AssembledStack {
  const main = stacks.find(({ template }) =>
    Object.values(template.Resources).some((resource) => resource.Type === "AWS::ElasticBeanstalk::Environment"),
  );
  if (main === undefined) throw new TurnoutError("TURNOUT_USAGE_INVALID", "The CDK app made no stack of Turnout's.");
  return main;
}

function quotaProblem({ name, needed, used, limit, verdict }: Quota): string[] {
  if (verdict !== "short") return [];
  return [
    `Quota: ${needed} ${name} are needed, ${(limit ?? 0) - (used ?? 0)} of ${limit} are left. Ask for more in the Service Quotas console.`,
  ];
}

function bootstrapProblem({ region, version, required }: Bootstrap, account: string): string {
  const is = version === null ? "is not there or not whole" : `has version ${version}`;
  return (
    `CDK's bootstrap stack ${is} in ${region}; version ${required} is needed. Give --bootstrap, or run: ` +
    `npx cdk bootstrap aws://${account}/${region}`
  );
}

export function buildDeployCommand(
  { env, terminal, signal, finish }: CommandHost,
  { cdk, assemblyFolder, pollMs }: DeployParts,
): Command {
  const { note } = terminal;

  async function synthesize(context: readonly string[], location: readonly string[]): Promise<AssembledStack[]> {
    note("Making the bundle and the templates …");
    const args = ["synth", "-q", "--output", assemblyFolder, ...context.flatMap((pair) => ["-c", pair]), ...location];
    const { code, tail } = await runCdk(cdk, args, { env, signal });
    signal.throwIfAborted();
    if (code !== 0) {
      const said = tail.filter((line) => line.trim() !== "" && !notOfUse.test(line)).join("\n");
      throw new TurnoutError("TURNOUT_USAGE_INVALID", `These settings cannot be deployed:\n${said}`);
    }
    return readAssembly(assemblyFolder);
  }

  return new Command("npm run deploy --")
    .description("Deploy the AWS stack: check, show what would change, ask, deploy.")
    .option(
      "-c, --context <name=value>",
      "a setting, as docs/operations.md lists them; may be repeated",
      gather(String),
    )
    .option("--profile <name>", "profile of the AWS configuration files")
    .option("--region <name>", "AWS region")
    .option("--bootstrap", "make or renew CDK's bootstrap stack where that is needed")
    .option("--dry-run", "check and show what would change, no more")
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
        // First of all: without it, everything after would fail in less clear words.
        const account: Account = await readAccount(clients);
        const place = [...location, "--region", account.region];
        const assembled = await synthesize(flags.context ?? [], place);
        const main = mainOf(assembled);
        const stacks = assembled.map((one) => ({
          assembled: one,
          client: one.region === firewallRegion ? clients.firewalls : clients.cloudFormation,
        }));
        const bootstraps = () =>
          Promise.all(
            stacks.map(({ client, assembled: { region, bootstrapVersion } }) =>
              readBootstrap(client, region ?? account.region, bootstrapVersion),
            ),
          );
        const present = await Promise.all(stacks.map(({ client, assembled: { name } }) => readStack(client, name)));
        const exists = present.some((stack) => stack?.name === main.name && stack.status !== "REVIEW_IN_PROGRESS");
        const quotas = await checkQuotas(clients, demandOf(main.template), main.name, exists);
        let bootstrap = await bootstraps();
        let output: DeployOutput = {
          stack: main.name,
          ...account,
          outcome: "not-ready",
          problems: [],
          quotas,
          bootstrap,
          url: null,
          outputs: {},
          failure: null,
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
          ...quotas.flatMap(quotaProblem),
          ...(flags.bootstrap && !flags.dryRun ? [] : missing.map((one) => bootstrapProblem(one, account.account))),
        ];
        if (problems.length > 0) return end({ problems });

        const onLine = (line: string) => note(line);
        const colored = terminal.interactive && !env.NO_COLOR ? { ...env, FORCE_COLOR: "1" } : env;
        const names = assembled.map((one) => one.name);
        const diff = ["diff", ...names, "--app", assemblyFolder, ...place];
        const { code } = await runCdk(cdk, diff, { env: colored, signal, onLine });
        signal.throwIfAborted();
        if (code !== 0) note("The differences cannot be shown; what stands above says why.");
        if (flags.dryRun) return end({ outcome: "planned" });
        const question = `${exists ? "Update" : "Create"} ${main.name} in account ${account.account}, ${account.region}?`;
        if (!flags.yes && !(await terminal.confirm(question, "--yes", signal))) return end({ outcome: "declined" });

        if (missing.length > 0) {
          const targets = missing.map(({ region }) => `aws://${account.account}/${region}`);
          await runCdk(cdk, ["bootstrap", ...targets, ...location], { env, signal, onLine });
          bootstrap = await bootstraps();
          const still = bootstrap.filter(({ ready }) => !ready);
          output = { ...output, bootstrap };
          if (still.length > 0) return end({ problems: still.map((one) => bootstrapProblem(one, account.account)) });
        }

        note("Deploying. What CloudFormation has begun goes on, even if this command is stopped.");
        const args = ["deploy", "--app", assemblyFolder, "--all", "--require-approval", "never", ...place];
        const result = await runDeployment({ stacks, deploy: () => runCdk(cdk, args, { env, signal }), note, pollMs });
        signal.throwIfAborted();
        if (result.end.code !== 0) {
          if (result.failure === undefined) for (const line of result.end.tail) note(`  ${line}`);
          const { failure } = result;
          const told = failure ?? {
            stack: main.name,
            resource: "CDK",
            type: "before CloudFormation began",
            reason: result.end.tail.findLast((line) => line.trim() !== "") ?? "It said nothing.",
          };
          return end({ outcome: "failed", failure: { ...told, advice: adviseOn(told) } });
        }
        const outputs = result.deployed.get(main.name)?.outputs ?? {};
        const outcome = !exists ? "created" : result.changed ? "updated" : "unchanged";
        end({ outcome, outputs, url: outputs["Url"] ?? null });
      } finally {
        clients.close();
      }
    });
}
