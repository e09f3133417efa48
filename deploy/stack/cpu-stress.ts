/**
 * Burns the CPU of instances for a time, by Systems Manager's Run Command: what CPU scaling does is then seen without a load
 * that would have to be as large. It ends by itself, whatever becomes of whoever started it.
 */
import { Compile } from "typebox/compile";
import { Type } from "typebox";
import { TurnoutError } from "../../shared/errors.ts";
import { runAws, type AwsCommandOptions } from "./aws-command.ts";

/** There is one for each instance; without it, the loops end. */
const stressFile = "/run/turnout-cpu-stress";
/** For whoever reads the account's command history. */
const comment = "Turnout: CPU stress, ends by itself";
/** Instances that did not get the command within this time never begin. */
const deliverySeconds = 60;
/** Beyond the stress itself, until Systems Manager kills what is left. */
const graceSeconds = 60;

/**
 * A loop for each processor, below the tier's priority, so that requests are still answered. It ends with the time, with its
 * file, or by `timeout`, whichever is first.
 * @returns a script for sh
 */
export function burnScript(seconds: number, file = stressFile): string {
  const loop = `while [ -e "${file}" ] && [ "$(date +%s)" -lt "$end" ]; do i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; done`;
  return [
    `: > "${file}"`,
    `end=$(($(date +%s) + ${seconds}))`,
    "export end",
    `for cpu in $(seq "$(nproc)"); do timeout ${seconds + 5} nice -n 10 sh -c '${loop}' & done`,
    "wait",
    `rm -f "${file}"`,
  ].join("\n");
}

/** @returns a script that ends the loops of `burnScript` within a second */
export function stopScript(file = stressFile): string {
  return `rm -f "${file}"`;
}

const Sent = Compile(Type.Object({ Command: Type.Object({ CommandId: Type.String() }) }));
const Invocations = Compile(
  Type.Object({
    CommandInvocations: Type.Array(
      Type.Object({ InstanceId: Type.String(), Status: Type.String(), StatusDetails: Type.Optional(Type.String()) }),
    ),
  }),
);
const Managed = Compile(
  Type.Object({
    InstanceInformationList: Type.Array(Type.Object({ InstanceId: Type.String(), PingStatus: Type.String() })),
  }),
);

async function send(
  instances: readonly string[],
  script: string,
  seconds: number,
  options: AwsCommandOptions,
): Promise<string> {
  const parameters = { commands: script.split("\n"), executionTimeout: [String(seconds)] };
  const document = ["--document-name", "AWS-RunShellScript", "--parameters", JSON.stringify(parameters)];
  const bounds = ["--timeout-seconds", String(deliverySeconds), "--comment", comment];
  const args = ["ssm", "send-command", ...document, ...bounds, "--instance-ids", ...instances];
  return Sent.Parse(await runAws(args, options)).Command.CommandId;
}

/** @returns those of the instances that Systems Manager reaches now @throws what `runAws` throws */
async function managedOf(instances: readonly string[], options: AwsCommandOptions): Promise<string[]> {
  const filter = JSON.stringify([{ Key: "InstanceIds", Values: instances }]);
  const answer = await runAws(["ssm", "describe-instance-information", "--filters", filter], options);
  const online = Managed.Parse(answer).InstanceInformationList.filter(({ PingStatus }) => PingStatus === "Online");
  return instances.filter((id) => online.some(({ InstanceId }) => InstanceId === id));
}

/** @throws TURNOUT_USAGE_INVALID where Systems Manager does not reach an instance; what `runAws` throws */
export async function requireManaged(instances: readonly string[], options: AwsCommandOptions): Promise<void> {
  const managed = await managedOf(instances, options);
  const missing = instances.filter((id) => !managed.includes(id));
  if (missing.length === 0) return;
  throw new TurnoutError(
    "TURNOUT_USAGE_INVALID",
    `Systems Manager does not reach ${missing.join(", ")}. Deploy with -c instanceAccess=true, and give new instances some minutes.`,
  );
}

/** @returns the command's id @throws what `runAws` throws */
export function startStress(
  instances: readonly string[],
  seconds: number,
  options: AwsCommandOptions,
): Promise<string> {
  return send(instances, burnScript(seconds), seconds + graceSeconds, options);
}

/**
 * Also ends what somebody else started. One instance that is gone or new would have the command rejected for all, and on
 * neither does anything burn that could still be stopped.
 * @returns the instances that were told @throws what `runAws` throws
 */
export async function stopStress(instances: readonly string[], options: AwsCommandOptions): Promise<string[]> {
  const managed = await managedOf(instances, options);
  if (managed.length > 0) await send(managed, stopScript(), graceSeconds, options);
  return managed;
}

/** For instances that have not begun yet. @throws what `runAws` throws */
export async function cancelStress(command: string, options: AwsCommandOptions): Promise<void> {
  await runAws(["ssm", "cancel-command", "--command-id", command], options);
}

export interface StressedInstance {
  readonly id: string;
  /** Systems Manager's word, such as `InProgress` or `Success`. */
  readonly status: string;
}

/** Statuses after which nothing more happens. */
const over = /^(Success|Cancelled|TimedOut|Failed)$/;

export function isOver(instances: readonly StressedInstance[]): boolean {
  return instances.length > 0 && instances.every(({ status }) => over.test(status));
}

/** @throws what `runAws` throws */
export async function readStress(command: string, options: AwsCommandOptions): Promise<StressedInstance[]> {
  const answer = await runAws(["ssm", "list-command-invocations", "--command-id", command], options);
  return Invocations.Parse(answer).CommandInvocations.map(({ InstanceId, Status }) => ({
    id: InstanceId,
    status: Status,
  }));
}
