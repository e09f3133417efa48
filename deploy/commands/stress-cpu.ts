/** `turnout stack stress-cpu`: burns the CPU of a tier's instances for some minutes, so that it scales. */
import { setTimeout as delay } from "node:timers/promises";
import { Command, Option } from "commander";
import { Type, type Static } from "typebox";
import { tiers, type TierName } from "../../shared/aws/tier-grants.ts";
import { TurnoutError } from "../../shared/errors.ts";
import type { CommandHost } from "../../terminal/command-line.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { wholeNumber } from "../../terminal/option-values.ts";
import { unknownStack } from "../../terminal/stack-names.ts";
import type { DeploymentClients } from "../stack/clients.ts";
import { readStack } from "../stack/deployed-stack.ts";
import type { AwsCommandOptions } from "../stack/aws-command.ts";

interface StressCpuFlags {
  readonly stack: string;
  readonly tier: TierName;
  readonly minutes: number;
  readonly every: number;
  readonly stop?: boolean;
  readonly profile?: string;
  readonly region?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** What `--json` prints. */
export const StressCpuOutput = Type.Object(
  {
    stack: Type.String(),
    tier: Type.Enum([...tiers]),
    minutes: Type.Integer({ minimum: 0, description: "that it was to last; 0 with --stop" }),
    ended: Type.Enum(["time", "interrupted", "stopped", "declined"]),
    instances: Type.Array(
      Type.Object({ id: Type.String(), status: Type.String({ description: "Systems Manager's word" }) }),
    ),
  },
  { additionalProperties: false },
);

export type StressCpuOutput = Static<typeof StressCpuOutput>;

const maxMinutes = 30;
const defaultMinutes = 10;
const defaultEverySeconds = 10;
/** For the last answers of Systems Manager. */
const graceMs = 120_000;

const examples = `
It starts a loop for each processor of each instance that is in service, below the tier's own priority: requests are still
answered, more slowly. The loops end after the minutes, with Ctrl-C, or with --stop from anywhere; an instance that is
added meanwhile gets none. It needs the AWS command line, and instances that Systems Manager reaches (the setting
instanceAccess, on by default on the test stage).

Examples:
  turnout stack stress-cpu --stack summit-test --tier web
  turnout stack stress-cpu --stack summit-test --tier worker --minutes 15 --yes --json
  turnout stack stress-cpu --stack summit-test --tier web --stop

Watch what it does in another terminal: turnout stack watch-scaling. Exit code 1 when an instance did not take part.`;

function told(ids: readonly string[], status: string): { id: string; status: string }[] {
  return ids.map((id) => ({ id, status }));
}

async function findInstances(clients: DeploymentClients, name: string, tier: TierName) {
  const stack = await readStack(clients.cloudFormation, name);
  if (stack === undefined) throw await unknownStack(clients.cloudFormation, name);
  const group = stack.outputs[tier === "web" ? "WebGroup" : "WorkerGroup"];
  if (!group) {
    const message = `The stack ${name} is ${stack.status} and names no Auto Scaling group: it is incomplete, or none of Turnout's.`;
    throw new TurnoutError("TURNOUT_DEPLOYMENT_UNKNOWN", message);
  }
  const { readGroup } = await import("../stack/groups.ts");
  const found = await readGroup(clients.autoScaling, group);
  const ids = (found?.Instances ?? []).flatMap(({ InstanceId, LifecycleState }) =>
    InstanceId !== undefined && LifecycleState === "InService" ? [InstanceId] : [],
  );
  if (ids.length === 0)
    throw new TurnoutError("TURNOUT_USAGE_INVALID", `No instance of the ${tier} tier is in service.`);
  return { ids, isTest: stack.stage === "test" };
}

export function buildStressCpuCommand({ env, terminal, signal, finish }: CommandHost): Command {
  async function burn(ids: readonly string[], flags: StressCpuFlags, aws: AwsCommandOptions) {
    const { cancelStress, isOver, readStress, startStress, stopStress } = await import("../stack/cpu-stress.ts");
    const seconds = flags.minutes * 60;
    // Ctrl-C must not stop the stop.
    const unhurried = { ...aws, signal: new AbortController().signal };
    let id: string | undefined;
    const bar = terminal.progress(`burning the CPU of ${ids.join(", ")}, seconds`);
    const began = Date.now();
    try {
      id = await startStress(ids, seconds, aws);
      for (;;) {
        const instances = await readStress(id, aws);
        if (isOver(instances) || Date.now() > began + seconds * 1_000 + graceMs)
          return { ended: "time" as const, instances };
        bar.update(Math.min(seconds, Math.round((Date.now() - began) / 1_000)), seconds);
        await delay(flags.every * 1_000, undefined, { signal });
      }
    } catch (error) {
      // However it failed: nobody would watch it from here on.
      const cancelling = id === undefined ? undefined : cancelStress(id, unhurried);
      const ended = await Promise.allSettled([cancelling, stopStress(ids, unhurried)]);
      if (!signal.aborted) throw error;
      for (const one of ended) if (one.status === "rejected") throw one.reason;
      const instances = id === undefined ? told(ids, "told to stop") : await readStress(id, unhurried);
      return { ended: "interrupted" as const, instances };
    } finally {
      bar.stop();
    }
  }

  function show({ ended, instances, stack, tier }: StressCpuOutput): void {
    if (ended === "declined") terminal.print("Nothing was started.");
    if (ended === "stopped") terminal.print(`Told ${instances.length} instance(s) of the ${tier} tier to stop.`);
    if (ended === "interrupted") terminal.note("Stopped on request, on the instances as well.");
    if (ended !== "time" && ended !== "interrupted") return;
    terminal.printTable(
      ["INSTANCE", "STATUS"],
      instances.map(({ id, status }) => [id, status]),
    );
    terminal.note(`What came of it: turnout stack watch-scaling --stack ${stack}`);
  }

  return new Command("stress-cpu")
    .description("Burn the CPU of a tier's instances for some minutes, so that it scales.")
    .requiredOption("--stack <name>", "the deployment's CloudFormation stack")
    .addOption(new Option("--tier <name>", "which instances").choices(tiers).makeOptionMandatory())
    .option("--minutes <n>", "how long", wholeNumber(1, maxMinutes), defaultMinutes)
    .option("--every <seconds>", "pause between two polls", wholeNumber(1, 300), defaultEverySeconds)
    .option("--stop", "end what is burning on the tier's instances, whoever started it")
    .option("--profile <name>", "profile of the AWS configuration files")
    .option("--region <name>", "AWS region")
    .option("--yes", "do not ask")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples)
    .action(async (flags: StressCpuFlags) => {
      const { stack, tier, minutes, profile } = flags;
      // The AWS clients take a second to load, which no other command should wait for.
      const { createDeploymentClients, readAccount } = await import("../stack/clients.ts");
      const { requireManaged, stopStress } = await import("../stack/cpu-stress.ts");
      const clients = createDeploymentClients({ region: flags.region ?? (env.AWS_REGION || undefined), profile });
      try {
        const { region } = await readAccount(clients);
        const aws: AwsCommandOptions = { env, region, profile, signal };
        const { ids, isTest } = await findInstances(clients, stack, tier);
        let output: StressCpuOutput = { stack, tier, minutes, ended: "declined", instances: told(ids, "") };
        if (flags.stop) {
          const stopped = await stopStress(ids, aws);
          output = { ...output, minutes: 0, ended: "stopped", instances: told(stopped, "told to stop") };
        } else {
          await requireManaged(ids, aws);
          const question = `Burn the CPU of ${ids.length} ${tier} instance(s) of ${stack} for ${minutes} min?`;
          const agreed =
            flags.yes ||
            (isTest
              ? await terminal.confirm(question, "--yes", signal)
              : await terminal.confirmByName(
                  `${question} People may be registering. Type ${stack}:`,
                  stack,
                  "--yes",
                  signal,
                ));
          if (agreed) output = { ...output, ...(await burn(ids, flags, aws)) };
        }
        if (flags.json) terminal.printJson(output);
        else show(output);
        const whole = output.ended !== "time" || output.instances.every(({ status }) => status === "Success");
        finish(whole && output.ended !== "declined" && output.instances.length > 0 ? exitCodes.ok : exitCodes.failed);
      } finally {
        clients.close();
      }
    });
}
