/** `turnout stack verify`: whether a deployment works, in its parts and end to end. */
import { randomInt } from "node:crypto";
import type { StackResourceSummary } from "@aws-sdk/client-cloudformation";
import { Command } from "commander";
import { TurnoutError } from "../../shared/errors.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { createAuditLog } from "../../admin/audit-log.ts";
import type { CommandHost } from "../../terminal/command-line.ts";
import {
  addConnectionOptions,
  awsTime,
  withConnection,
  type Connection,
  type ConnectionFlags,
} from "../../terminal/connection.ts";
import { createDeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { attempt, showChecklist, skipped, toChecklist, type Check } from "../stack/checklist.ts";
import type { DeploymentClients } from "../stack/clients.ts";
import { readStack, readStackResources, type DeployedStack } from "../stack/deployed-stack.ts";
import { checkEdge } from "../stack/edge-check.ts";
import { findConfirmation } from "../stack/smoke-mail.ts";
import { smokeRegistration } from "../stack/smoke-registration.ts";
import type { PartsOutputs } from "../stack/stack-health.ts";
import { addEventOption, readEvent, type EventFlag } from "../../terminal/event-option.ts";
import { exitCodes } from "../../terminal/exit.ts";
import { wholeNumber } from "../../terminal/option-values.ts";
import { unknownStack } from "../../terminal/stack-names.ts";
import { eraseLogged, findTraces } from "../../admin/registrations/forget.ts";
import { createMailsStore } from "../../admin/registrations/mails-store.ts";
import { createOutcomesStore } from "../../admin/registrations/outcomes-store.ts";
import { createRegistrationsStore } from "../../admin/registrations/registrations-store.ts";

interface VerifyFlags extends ConnectionFlags, EventFlag {
  readonly timeout: number;
  /** False with `--no-smoke`. */
  readonly smoke: boolean;
  readonly json?: boolean;
}

/** A worker instance may have to start first. */
const defaultTimeoutSeconds = 180;

const examples = `
Examples:
  turnout stack verify --stack summit-test
  turnout stack verify --stack summit-production --no-smoke
  turnout stack verify --stack summit-test --json | jq '.checks[] | select(.status != "ok")'

It checks each part by its AWS service, requests the site from outside, and registers one made-up person, who is then
erased. Run it from outside the deployment's network. Exit code 1 when a check failed or is unknown.`;

export function buildVerifyCommand({ env, terminal, signal, finish }: CommandHost): Command {
  /** As `turnout registrations forget` does, with its entry in the audit log. */
  async function forget(connection: Connection, email: string): Promise<boolean> {
    const { documents, deadLettersTable, sqs, queueUrl, deadLetterQueueUrl } = connection;
    const options = {
      registrations: createRegistrationsStore(documents, connection.registrationsTable),
      outcomes: createOutcomesStore(documents, connection.outcomesTable),
      deadLetters: createDeadLetterStore(documents, deadLettersTable),
      mails: createMailsStore(documents, connection.mailsTable),
      sqs,
      queueUrls: [queueUrl, deadLetterQueueUrl],
      // Ctrl-C must not stop the erasure.
      signal: new AbortController().signal,
      wallClock: () => awsTime(documents),
    };
    const traces = await findTraces(email, options);
    const who = await connection.identity();
    const log = createAuditLog({ connection, who, wallClock: Date.now });
    const entry = { log, who, why: "the made-up person of stack verify" };
    const { registration, deadLetters } = await eraseLogged(email, traces, options, entry);
    return registration || deadLetters.some(({ done }) => done);
  }

  async function smoke(url: string, event: EventDefinition, flags: VerifyFlags): Promise<readonly Check[]> {
    // Slow to load, and only needed here.
    const { createPeople } = await import("../../load/people/people.ts");
    const person = createPeople({ seed: randomInt(2 ** 40), event }).next();
    const bar = terminal.progress("waiting for the smoke registration, seconds");
    return withConnection(flags, env, (connection) => {
      const { documents, mailsTable, registrationsTable } = connection;
      const registrations = createRegistrationsStore(documents, registrationsTable);
      return smokeRegistration({
        url,
        person,
        forget: (email) => forget(connection, email),
        findMail:
          mailsTable === undefined
            ? undefined
            : (email) => findConfirmation(email, documents, mailsTable, registrations),
        timeoutSeconds: flags.timeout,
        signal,
        onWait: (seconds) => bar.update(Math.round(seconds), flags.timeout),
      });
    }).finally(() => bar.stop());
  }

  async function endToEnd(outputs: PartsOutputs, flags: VerifyFlags): Promise<readonly Check[]> {
    const { Url: url, LoadBalancerDnsName: originHost } = outputs;
    const seen = await checkEdge({ url, originHost, signal });
    if (!flags.smoke) return [...seen, skipped("smoke registration", "--no-smoke")];
    const event = readEvent(flags, env);
    if (event === undefined)
      return [...seen, skipped("smoke registration", "no event definition, so its questions are unknown")];
    return [...seen, ...(await attempt("smoke registration", signal, () => smoke(url, event, flags)))];
  }

  /** Whether what runs is what was deployed: CloudFormation does not notice what is changed by hand. */
  async function review(
    clients: DeploymentClients,
    stack: DeployedStack,
    resources: readonly StackResourceSummary[],
    outputs: PartsOutputs,
  ): Promise<readonly Check[]> {
    const { readTemplate } = await import("../stack/template.ts");
    const { createResolve } = await import("../stack/template-values.ts");
    const { reviewOptions } = await import("../stack/option-review.ts");
    const { checkOpenPorts } = await import("../stack/open-ports.ts");
    const { reviewTags } = await import("../stack/tag-review.ts");
    const template = await readTemplate(clients.cloudFormation, stack.id);
    const resolve = createResolve(template, stack.id, resources);
    const options = await reviewOptions({
      client: clients.beanstalk,
      applicationName: outputs.ApplicationName,
      environments: { web: outputs.WebEnvironment, worker: outputs.WorkerEnvironment },
      template,
      resolve,
      signal,
    });
    const groups = { web: outputs.WebGroup, worker: outputs.WorkerGroup };
    const tags = await reviewTags({ client: clients.autoScaling, groups, template, resolve, signal });
    return [...options, ...tags, ...(await checkOpenPorts({ client: clients.ec2, template, resolve, signal }))];
  }

  async function verify(clients: DeploymentClients, name: string, flags: VerifyFlags): Promise<readonly Check[]> {
    const stack = await readStack(clients.cloudFormation, name);
    if (stack === undefined) throw await unknownStack(clients.cloudFormation, name);
    const { alarmsOf, checkParts, checkStack, partsOf } = await import("../stack/stack-health.ts");
    const resources = await readStackResources(clients.cloudFormation, name);
    const checks = checkStack(stack, resources);
    const outputs = partsOf(stack);
    if (outputs === undefined) return [...checks, skipped("everything else", "the stack has no outputs")];
    const parts = await checkParts({
      clients,
      stack: name,
      outputs,
      stage: stack.stage,
      alarmNames: alarmsOf(resources),
      signal,
    });
    const reviewed = await attempt("as in the template", signal, () => review(clients, stack, resources, outputs));
    return [...checks, ...parts, ...reviewed, ...(await endToEnd(outputs, flags))];
  }

  const command = new Command("verify")
    .description("Check that a deployment works: every part, the site from outside, one registration end to end.")
    .option(
      "--timeout <seconds>",
      "how long the smoke registration may take",
      wholeNumber(1, 3_600),
      defaultTimeoutSeconds,
    )
    .option("--no-smoke", "register nobody")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples);
  addEventOption(command);

  return addConnectionOptions(command).action(async (flags: VerifyFlags) => {
    if (flags.stack === undefined) {
      throw new TurnoutError(
        "TURNOUT_USAGE_INVALID",
        "Give --stack NAME. On this machine, turnout doctor --local checks.",
      );
    }
    const region = flags.region ?? (env.AWS_REGION || undefined);
    // The AWS clients take a second to load, which no other command should wait for.
    const { createDeploymentClients } = await import("../stack/clients.ts");
    const clients = createDeploymentClients({ region, profile: flags.profile });
    try {
      const list = toChecklist(`stack ${flags.stack}`, await verify(clients, flags.stack, flags));
      finish(list.passed ? exitCodes.ok : exitCodes.failed);
      if (flags.json) terminal.printJson(list);
      else showChecklist(list, terminal);
    } finally {
      clients.close();
    }
  });
}
