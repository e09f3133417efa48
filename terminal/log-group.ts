/**
 * Writes lines to a log group of CloudWatch, each confirmed: for the audit log. A process writes to a stream of its own,
 * made with its first line.
 */
import { randomUUID } from "node:crypto";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { plainClientOptions, type StackLocation } from "./stack-outputs.ts";

export interface LogGroup {
  readonly name: string;
  /** Which deployment its lines are about. */
  readonly stack: string;
  /**
   * Resolves when CloudWatch has the line.
   * @param at milliseconds since the epoch
   * @throws the SDK's error; Error when CloudWatch does not take lines of that time
   */
  write(line: string, at: number): Promise<void>;
  /** Safe to repeat. */
  close(): void;
}

export interface LogGroupOptions {
  readonly name: string;
  readonly stack: string;
  readonly location: Omit<StackLocation, "stack">;
}

export function createLogGroup({ name, stack, location }: LogGroupOptions): LogGroup {
  // CloudWatch allows no colon in it.
  const logStreamName = `${new Date().toISOString().slice(0, 10)}/${randomUUID()}`;
  let opening: Promise<CloudWatchLogsClient> | undefined;
  let client: CloudWatchLogsClient | undefined;

  async function open(): Promise<CloudWatchLogsClient> {
    // Loaded on demand: most commands change nothing.
    const { CloudWatchLogsClient, CreateLogStreamCommand, ResourceAlreadyExistsException } =
      await import("@aws-sdk/client-cloudwatch-logs");
    client ??= new CloudWatchLogsClient({ ...plainClientOptions(location), maxAttempts: 3 });
    try {
      await client.send(new CreateLogStreamCommand({ logGroupName: name, logStreamName }));
    } catch (error) {
      // Made by a call whose answer was lost.
      if (!(error instanceof ResourceAlreadyExistsException)) throw error;
    }
    return client;
  }

  return {
    name,
    stack,
    async write(message, timestamp) {
      opening ??= open();
      const opened = await opening.catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      const { PutLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
      const { rejectedLogEventsInfo: rejected } = await opened.send(
        new PutLogEventsCommand({ logGroupName: name, logStreamName, logEvents: [{ message, timestamp }] }),
      );
      // Answered like a success.
      if (rejected) throw new Error("CloudWatch takes no lines of this machine's time: check its clock");
    },
    close: () => client?.destroy(),
  };
}
