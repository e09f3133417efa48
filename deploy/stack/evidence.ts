/**
 * Saves what explains a failed deployment before it is gone: a rollback or a removal deletes the environments with their
 * instances and logs. Read-only on AWS, but for asking the instances for their logs.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { FilterLogEventsCommand, paginateDescribeLogGroups } from "@aws-sdk/client-cloudwatch-logs";
import { GetConsoleOutputCommand } from "@aws-sdk/client-ec2";
import {
  DescribeEnvironmentResourcesCommand,
  DescribeEventsCommand,
  RequestEnvironmentInfoCommand,
  RetrieveEnvironmentInfoCommand,
  type EnvironmentInfoType,
} from "@aws-sdk/client-elastic-beanstalk";
import { plain } from "../../shared/process/terminal-text.ts";
import type { DeploymentClients } from "./clients.ts";
import { readStackResources } from "./deployed-stack.ts";

export interface EvidenceOptions {
  readonly clients: Pick<DeploymentClients, "beanstalk" | "cloudFormation" | "ec2" | "logs">;
  /** Name or ARN of the main stack. */
  readonly stack: string;
  /** Made where it is not there. */
  readonly folder: string;
  readonly note: (line: string) => void;
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

/** Instances answer a request for logs within a minute or never. */
const maxPolls = 12;
/** Of a log group, newest pages excepted: a failed boot writes little. */
const maxLogPages = 5;

/** @returns paths of the saved files; never rejects but with the signal's reason */
export async function saveEvidence(options: EvidenceOptions): Promise<string[]> {
  const { clients, stack, folder, note, pollMs, signal } = options;
  const { beanstalk, ec2, logs } = clients;
  const saved: string[] = [];

  async function save(name: string, content: string | Uint8Array): Promise<void> {
    if (content.length === 0) return;
    const path = join(folder, name.replaceAll(/[^\w.-]+/g, "_"));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(path, content, { mode: 0o600 });
    saved.push(path);
  }

  /** One missing right must not cost the rest. */
  async function attempt(what: string, work: () => Promise<void>): Promise<void> {
    signal.throwIfAborted();
    try {
      await work();
    } catch (error) {
      signal.throwIfAborted();
      note(`Not saved: ${what} (${plain(error instanceof Error ? error.message : String(error))})`);
    }
  }

  async function events(EnvironmentName: string): Promise<void> {
    const { Events = [] } = await beanstalk.send(new DescribeEventsCommand({ EnvironmentName, MaxRecords: 1_000 }));
    const lines = Events.toReversed().map(
      ({ EventDate, Severity, Message = "" }) => `${EventDate?.toISOString() ?? ""} ${Severity ?? ""} ${Message}\n`,
    );
    await save(`${EnvironmentName}-events.txt`, lines.join(""));
  }

  /** The kernel's and cloud-init's lines, which are there even if nothing else on the instance ever started. */
  async function consoles(EnvironmentName: string): Promise<void> {
    const { EnvironmentResources } = await beanstalk.send(new DescribeEnvironmentResourcesCommand({ EnvironmentName }));
    for (const { Id: InstanceId = "" } of EnvironmentResources?.Instances ?? []) {
      await attempt(`console of ${InstanceId}`, async () => {
        const { Output = "" } = await ec2.send(new GetConsoleOutputCommand({ InstanceId, Latest: true }));
        await save(`${EnvironmentName}-${InstanceId}-console.txt`, Buffer.from(Output, "base64"));
      });
    }
  }

  async function instanceLogs(EnvironmentName: string, InfoType: EnvironmentInfoType): Promise<void> {
    await beanstalk.send(new RequestEnvironmentInfoCommand({ EnvironmentName, InfoType }));
    for (let polls = 0; polls < maxPolls; polls += 1) {
      await delay(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      const question = { EnvironmentName, InfoType };
      const { EnvironmentInfo = [] } = await beanstalk.send(new RetrieveEnvironmentInfoCommand(question));
      if (EnvironmentInfo.length === 0) continue;
      for (const { Ec2InstanceId = "", Message: url = "" } of EnvironmentInfo) {
        const response = await fetch(url, { signal });
        if (!response.ok) throw new Error(`S3 answered ${response.status}`);
        const name = `${EnvironmentName}-${Ec2InstanceId}-${InfoType}.${InfoType === "bundle" ? "zip" : "txt"}`;
        await save(name, new Uint8Array(await response.arrayBuffer()));
      }
      return;
    }
    throw new Error("no instance answered");
  }

  async function streams(EnvironmentName: string): Promise<void> {
    const prefix = { logGroupNamePrefix: `/aws/elasticbeanstalk/${EnvironmentName}/` };
    for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: logs }, prefix)) {
      for (const { logGroupName = "" } of logGroups) {
        const lines: string[] = [];
        let nextToken: string | undefined;
        for (let page = 0; page < maxLogPages; page += 1) {
          const answer = await logs.send(new FilterLogEventsCommand({ logGroupName, nextToken }));
          lines.push(...(answer.events ?? []).map(({ message = "" }) => `${message.trimEnd()}\n`));
          nextToken = answer.nextToken;
          if (nextToken === undefined) break;
        }
        await save(`${EnvironmentName}-${logGroupName.split("/").at(-1) ?? ""}`, lines.join(""));
      }
    }
  }

  /** At once: a rollback takes them away meanwhile. */
  async function environment(name: string): Promise<void> {
    await Promise.all([
      attempt(`consoles of ${name}`, () => consoles(name)),
      attempt(`last lines of ${name}`, () => instanceLogs(name, "tail")).then(() =>
        attempt(`logs of ${name}`, () => instanceLogs(name, "bundle")),
      ),
      attempt(`log streams of ${name}`, () => streams(name)),
      attempt(`events of ${name}`, () => events(name)),
    ]);
  }

  await attempt(`resources of ${stack}`, async () => {
    const resources = await readStackResources(clients.cloudFormation, stack);
    const names = resources.flatMap(({ ResourceType, PhysicalResourceId }) =>
      ResourceType === "AWS::ElasticBeanstalk::Environment" && PhysicalResourceId ? [PhysicalResourceId] : [],
    );
    await Promise.all(names.map(environment));
  });
  return saved.toSorted();
}

/** @returns a folder below another, for the evidence of a stack as it is now */
export function evidenceFolder(parent: string, stack: string, wallClock: number): string {
  return join(parent, "failed", `${stack}-${new Date(wallClock).toISOString().replaceAll(":", "")}`);
}
