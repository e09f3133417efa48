/** `turnout stack leftovers`: what a removed stack left behind. */
import { Command } from "commander";
import type { CommandHost } from "../../terminal/command-line.ts";
import { showLeftovers } from "../stack/leftovers-view.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { suggestStacks } from "../../terminal/stack-names.ts";

interface LeftoversFlags {
  readonly stack: string;
  readonly profile?: string;
  readonly region?: string;
  readonly json?: boolean;
}

const examples = `
It searches by the stack's tag, by what CloudFormation reports, which remembers a removed stack for 90 days, and by name for
what AWS creates without tags. What the whole account and region share, such as CDK's bucket, is listed and does not count.
It removes nothing: npm run destroy does.

Examples:
  turnout stack leftovers --stack summit-test
  turnout stack leftovers --stack summit-production --profile work --region eu-central-1 --json

Exit code 1 when anything is left, or kept by intent, or a search failed.`;

export function buildLeftoversCommand({ env, terminal, signal, finish }: CommandHost): Command {
  return new Command("leftovers")
    .description("List what a removed stack left behind.")
    .requiredOption("--stack <name>", "name of the stack that was removed")
    .option("--profile <name>", "profile of the AWS configuration files")
    .option("--region <name>", "AWS region")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples)
    .action(async ({ stack, profile, region: wanted, json }: LeftoversFlags) => {
      // The AWS clients take a second to load, which no other command should wait for.
      const { createDeploymentClients, readAccount } = await import("../stack/clients.ts");
      const { findLeftovers } = await import("../stack/leftovers.ts");
      const clients = createDeploymentClients({ region: wanted ?? (env.AWS_REGION || undefined), profile });
      const bar = terminal.progress("searching");
      try {
        const { account, region } = await readAccount(clients);
        const options = { clients, stack, account, region, signal };
        const found = await findLeftovers({ ...options, onSearch: (done, total) => bar.update(done, total) });
        const { report, known } = found;
        bar.stop();
        if (!known) {
          const suggestion = await suggestStacks(clients.cloudFormation, stack);
          terminal.note(`CloudFormation remembers no stack ${stack}, neither here nor deleted. ${suggestion}`.trim());
        }
        if (json) terminal.printJson(report);
        else showLeftovers(terminal, report);
        finish(report.clean ? exitCodes.ok : exitCodes.failed);
      } finally {
        bar.stop();
        clients.close();
      }
    });
}
