/** `npm run destroy`: shows the plan, asks, exports on demand, removes the stack and what it leaves behind. */
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { UpdateTerminationProtectionCommand } from "@aws-sdk/client-cloudformation";
import { Command } from "commander";
import { createDocumentClient } from "../../shared/aws/aws-clients.ts";
import { TurnoutError } from "../../shared/errors.ts";
import type { CommandHost } from "../../terminal/command-line.ts";
import { createDeploymentClients, readAccount, type DeploymentClients } from "../stack/clients.ts";
import { readStack, removalObstacle, type DeployedStack } from "../stack/deployed-stack.ts";
import { evidenceFolder, saveEvidence } from "../stack/evidence.ts";
import { adviseOn } from "../stack/failure-advice.ts";
import { findLeftovers, removeLeftovers } from "../stack/leftovers.ts";
import { readTraces } from "../stack/traces.ts";
import { addEventOption, readEvent, type EventFlag } from "../../terminal/event-option.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { wholeNumber } from "../../terminal/option-values.ts";
import { unknownStack } from "../../terminal/stack-names.ts";
import { exportRegistrations } from "../../admin/registrations/export.ts";
import { createExportFormat } from "../../admin/registrations/export-format.ts";
import { deleteKeptData } from "./kept-data.ts";
import { clearNetworks } from "./network-remains.ts";
import { showPlan, showRemoval, type DestroyOutput } from "./destroy-report.ts";
import { planFromTraces, readRemovalPlan, type RemovalPlan } from "./removal-plan.ts";
import { removeStack } from "./removal.ts";

interface DestroyFlags extends EventFlag {
  readonly stack: string;
  readonly profile?: string;
  readonly region?: string;
  readonly export?: string;
  readonly deleteData?: boolean;
  readonly timeout: number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export interface DestroyParts {
  /** Milliseconds between two polls of CloudFormation. */
  readonly pollMs: number;
  /** Where the logs of a failed deployment are saved. */
  readonly outputFolder: string;
}

const defaultTimeoutMinutes = 90;
/** Its environments may still be there, and nobody may have read why they failed. */
const failedDeployment = /^(CREATE|UPDATE)_FAILED$/;

const help = `
A test stage leaves nothing. A production keeps the tables with people in them and the queues; --delete-data deletes them
as well, permanently. What AWS leaves beside the stack (logs, alarms, folders in Elastic Beanstalk's bucket) is removed
after it, and a last search shows whether anything remains. If it stops, run it again: it continues from there.

Examples:
  npm run destroy -- --stack summit-test --dry-run              what would be removed and kept
  npm run destroy -- --stack summit-test
  npm run destroy -- --stack summit-production --export registrations.csv
  npm run destroy -- --stack summit-test --yes --json           without a question, for a script

Exit codes: 0 removed (or planned) and nothing left but what is kept by intent, 1 otherwise, 2 wrong usage.`;

async function countMessages({ sqs }: DeploymentClients, { outputs }: DeployedStack): Promise<number | null> {
  const ofQueues = ["QueueUrl", "DeadLetterQueueUrl", "MailQueueUrl", "MailDeadLetterQueueUrl"];
  const urls = ofQueues.flatMap((name) => outputs[name] ?? []);
  const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
  try {
    let sum = 0;
    for (const QueueUrl of urls) {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }),
      );
      for (const name of names) sum += Number(Attributes[name] ?? 0);
    }
    return urls.length === 0 ? null : sum;
  } catch {
    // The plan then says unknown; the removal does not depend on it.
    return null;
  }
}

export function buildDestroyCommand(
  { env, terminal, signal, finish }: CommandHost,
  { pollMs, outputFolder }: DestroyParts,
): Command {
  const { note } = terminal;

  async function exportTable(flags: DestroyFlags, path: string, tableName: string | undefined) {
    if (tableName === undefined || tableName === "") {
      throw new TurnoutError(
        "TURNOUT_USAGE_INVALID",
        "--export finds no registrations table in this stack. Leave it out.",
      );
    }
    const location = { region: flags.region ?? (env.AWS_REGION || undefined), profile: flags.profile };
    const documents = createDocumentClient({ ...location, requestTimeoutMs: 30_000, maxAttempts: 5 });
    const bar = terminal.progress("exported");
    try {
      const { rows, complete } = await exportRegistrations({
        documents,
        tableName,
        format: createExportFormat(path.endsWith(".jsonl") ? "jsonl" : "csv", readEvent(flags, env)),
        output: path,
        resume: false,
        overwrite: false,
        maxReadUnits: undefined,
        signal,
        onProgress: (count) => bar.update(count),
      });
      if (!complete) signal.throwIfAborted();
      return { file: path, rows };
    } finally {
      bar.stop();
      documents.destroy();
    }
  }

  const command = new Command("npm run destroy --")
    .description("Remove the AWS stack, and what it leaves behind.")
    .requiredOption("--stack <name>", "the deployment's CloudFormation stack")
    .option("--profile <name>", "profile of the AWS configuration files")
    .option("--region <name>", "AWS region")
    .option("--export <file>", "first write all registrations to this file: .csv or .jsonl")
    .option("--delete-data", "delete the tables and queues of a production as well, permanently")
    .option("--timeout <minutes>", "how long to wait", wholeNumber(1, 1_440), defaultTimeoutMinutes)
    .option("--dry-run", "show what would be removed and kept only")
    .option("--yes", "do not ask")
    .option("--json", "print one JSON document")
    .addHelpText("after", help);

  return addEventOption(command).action(async (flags: DestroyFlags) => {
    const began = performance.now();
    const deadline = Date.now() + flags.timeout * 60_000;
    if (flags.export !== undefined && !/\.(csv|jsonl)$/.test(flags.export)) {
      throw new TurnoutError(
        "TURNOUT_USAGE_INVALID",
        `--export was ${flags.export}; allowed is a name that ends in .csv or .jsonl.`,
      );
    }
    const clients = createDeploymentClients({
      region: flags.region ?? (env.AWS_REGION || undefined),
      profile: flags.profile,
    });
    try {
      const { account, region } = await readAccount(clients);
      const main = await readStack(clients.cloudFormation, flags.stack);
      // Before its template is read, which may be of any kind.
      if (main !== undefined && main.stage === undefined) {
        throw new TurnoutError(
          "TURNOUT_DEPLOYMENT_UNKNOWN",
          `The stack ${flags.stack} is none of Turnout's: it has no tag turnout:stack with its own name. Nothing was changed.`,
        );
      }
      const firewall = await readStack(clients.firewalls, `${flags.stack}-firewall`);
      const ours = firewall?.description === `Turnout: firewall of ${flags.stack}` ? firewall : undefined;
      const plan: RemovalPlan = main
        ? await readRemovalPlan(clients.cloudFormation, main.id)
        : planFromTraces(await readTraces(clients, flags.stack));
      const search = { clients, stack: flags.stack, account, region, signal };
      // Of a stack that is gone only the rest remains to be removed: a removal goes on where an earlier one stopped.
      const rest = main === undefined && ours === undefined ? await findLeftovers(search) : undefined;
      if (rest?.known === false) {
        throw await unknownStack(clients.cloudFormation, flags.stack, `account ${account}, ${region}`);
      }
      let output: DestroyOutput = {
        stack: flags.stack,
        stage: main?.stage ?? "unknown",
        account,
        region,
        outcome: "not-ready",
        problems: [],
        removed: plan.removed.length + (ours === undefined ? 0 : 1),
        kept: [...plan.kept],
        waitingMessages: main === undefined ? null : await countMessages(clients, main),
        exported: null,
        evidence: [],
        failures: [],
        leftovers: rest?.report ?? null,
        seconds: 0,
      };

      function end(change: Partial<DestroyOutput>): void {
        output = { ...output, ...change, seconds: Math.round((performance.now() - began) / 100) / 10 };
        if (flags.json) terminal.printJson(output);
        else showRemoval(terminal, output);
        const { outcome, leftovers } = output;
        const clean = leftovers === null || (leftovers.left.length === 0 && leftovers.unseen.length === 0);
        finish((outcome === "removed" && clean) || outcome === "planned" ? exitCodes.ok : exitCodes.failed);
      }

      showPlan(terminal, output, flags.deleteData ?? false);
      for (const { kind, name } of rest?.removable ?? []) note(`  goes:  ${kind} ${name}`);
      const problems = [main, ours].flatMap((stack) => (stack && removalObstacle(stack)) ?? []);
      if (problems.length > 0) return end({ problems });
      if (flags.dryRun) return end({ outcome: "planned" });
      const toDelete = flags.deleteData && plan.kept.length > 0;
      const nothingToDo = rest?.removable.length === 0 && !toDelete && flags.export === undefined;
      if (nothingToDo) return end({ outcome: "removed" });
      const question = `Type ${flags.stack} to remove it for good:`;
      if (!flags.yes && !(await terminal.confirmByName(question, flags.stack, "--yes", signal))) {
        return end({ outcome: "declined" });
      }
      if (flags.export !== undefined) {
        const table =
          main?.outputs["RegistrationsTable"] ??
          [...plan.removed, ...plan.kept].find(({ logicalId }) => logicalId.startsWith("DataRegistrations"))?.name;
        output = { ...output, exported: await exportTable(flags, flags.export, table) };
      }

      if (main !== undefined && failedDeployment.test(main.status)) {
        const folder = evidenceFolder(outputFolder, main.name, Date.now());
        note("Its deployment failed: saving the environments' events and logs first …");
        const evidence = await saveEvidence({ clients, stack: main.id, folder, note, pollMs, signal });
        note(evidence.length === 0 ? "There is nothing of them." : `Saved ${evidence.length} file(s) below ${folder}.`);
        output = { ...output, evidence };
      }
      note("Removing. Stopping this command does not stop CloudFormation.");
      for (const [stack, client] of [
        [main, clients.cloudFormation],
        [ours, clients.firewalls],
      ] as const) {
        if (stack === undefined) continue;
        if (stack.isProtected) {
          const off = { StackName: stack.id, EnableTerminationProtection: false };
          await client.send(new UpdateTerminationProtectionCommand(off));
          note(`Switched the termination protection of ${stack.name} off.`);
        }
        const networks = plan.removed.filter(({ type }) => type === "AWS::EC2::VPC").map(({ name }) => name);
        const { end: how, failures } = await removeStack({
          client,
          stack,
          titles: plan.titles,
          note,
          clearWay: () => clearNetworks(clients.ec2, networks, note),
          deadline,
          pollMs,
          signal,
        });
        if (how === "removed") continue;
        const told = failures.map(({ logicalId, type, reason }) => ({
          resource: plan.titles.get(logicalId) ?? logicalId,
          type,
          reason,
          advice: adviseOn({ type, reason }),
        }));
        return end({ outcome: how, failures: told });
      }

      if (flags.deleteData) {
        const kept = await deleteKeptData(plan.kept, { clients, note, pollMs, signal });
        output = { ...output, kept };
      }
      await removeLeftovers(await findLeftovers(search), note);
      end({ outcome: "removed", leftovers: (await findLeftovers(search)).report });
    } finally {
      clients.close();
    }
  });
}
