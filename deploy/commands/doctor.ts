/** `turnout doctor`: what is wrong with a deployment's permissions and resources, and how to fix it. */
import { Command } from "commander";
import type { CommandHost } from "../../terminal/command-line.ts";
import { addConnectionOptions, withConnection, type ConnectionFlags } from "../../terminal/connection.ts";
import { toChecklist, showChecklist, type Check } from "../stack/checklist.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { pointInTime } from "../../terminal/option-values.ts";

interface DoctorFlags extends ConnectionFlags {
  readonly since: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  turnout doctor --stack summit-production
  turnout doctor --stack summit-production --since 1d --json
  turnout doctor --local

With --stack it has IAM simulate each statement of each tier's role, and searches the tiers' logs for denied calls.
Otherwise it checks what it can reach: identity, queues, tables and tiers. Exit code 1 when a check failed or is unknown.`;

export function buildDoctorCommand({ env, terminal, signal, finish }: CommandHost): Command {
  const command = new Command("doctor")
    .description("Check the tiers' permissions statement by statement, queues, tables, denied calls.")
    .option("--since <time>", "how far back logs are read", pointInTime, pointInTime("1h"))
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);

  async function diagnoseRoles({ since, ...flags }: DoctorFlags): Promise<readonly Check[]> {
    if (flags.stack === undefined) return [];
    const region = flags.region ?? (env.AWS_REGION || undefined);
    const { diagnoseStack } = await import("../stack/diagnosis.ts");
    const { createDeploymentClients } = await import("../stack/clients.ts");
    const clients = createDeploymentClients({ region, profile: flags.profile });
    const bar = terminal.progress("statements and logs");
    let made = 0;
    try {
      const onCheck = () => bar.update((made += 1));
      return (await diagnoseStack({ clients, stack: flags.stack, since, signal, onCheck })) ?? [];
    } finally {
      bar.stop();
      clients.close();
    }
  }

  return addConnectionOptions(command).action(async (flags: DoctorFlags) => {
    // The AWS clients take a second to load, which no other command should wait for.
    const { diagnoseConnection, withoutRoles } = await import("../stack/diagnosis.ts");
    const roles = await diagnoseRoles(flags);
    // A half created stack has nothing to connect to.
    const incomplete = roles.find(({ name, status }) => name === "stack" && status === "failed");
    const list = incomplete
      ? toChecklist(`stack ${flags.stack ?? ""}`, roles)
      : await withConnection(flags, env, async (connection) => {
          const reached = await diagnoseConnection(connection, signal);
          if (flags.stack === undefined) {
            const local = connection.deployment.startsWith("local");
            return toChecklist(connection.deployment, [...reached, ...withoutRoles(local)]);
          }
          return toChecklist(connection.deployment, [...reached, ...roles.filter(({ name }) => name !== "identity")]);
        });
    finish(list.passed ? exitCodes.ok : exitCodes.failed);
    if (flags.json) terminal.printJson(list);
    else showChecklist(list, terminal);
  });
}
