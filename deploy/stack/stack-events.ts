/** Reads what CloudFormation did to a stack, and which of it failed. */
import {
  paginateDescribeStackEvents,
  type CloudFormationClient,
  type StackEvent as AwsEvent,
} from "@aws-sdk/client-cloudformation";
import { isUnknownStack } from "./deployed-stack.ts";

export interface StackEvent {
  /** ISO 8601, by CloudFormation's clock. */
  readonly at: string;
  readonly logicalId: string;
  /** Such as `AWS::EC2::VPC`. */
  readonly type: string;
  /** Such as `CREATE_COMPLETE`. */
  readonly status: string;
  /** Empty where CloudFormation gives none. */
  readonly reason: string;
  /** Whether it is about the stack itself and not about a resource in it. */
  readonly ofStack: boolean;
}

export interface EventFollower {
  /**
   * @returns the events since the last call, oldest first
   * @throws the SDK's error; the next call then returns what this one missed
   */
  poll(): Promise<readonly StackEvent[]>;
}

function toEvent(event: AwsEvent): StackEvent {
  return {
    at: (event.Timestamp ?? new Date(0)).toISOString(),
    logicalId: event.LogicalResourceId ?? "",
    type: event.ResourceType ?? "",
    status: event.ResourceStatus ?? "",
    reason: event.ResourceStatusReason ?? "",
    ofStack: event.PhysicalResourceId === event.StackId,
  };
}

/**
 * @param stack a name, also of a stack that does not exist yet; or an ARN, which still works after the stack is deleted
 * @returns a follower of the events from now on
 * @throws the SDK's error
 */
export async function followStack(client: CloudFormationClient, stack: string): Promise<EventFollower> {
  let last: string | undefined;

  /** @param all read back to the last known event; otherwise only the newest page */
  async function newest(all: boolean): Promise<AwsEvent[]> {
    const events: AwsEvent[] = [];
    try {
      for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName: stack })) {
        const known = last === undefined ? -1 : StackEvents.findIndex(({ EventId }) => EventId === last);
        events.push(...(known < 0 ? StackEvents : StackEvents.slice(0, known)));
        if (known >= 0 || !all) break;
      }
    } catch (error) {
      if (!isUnknownStack(error)) throw error;
    }
    last = events[0]?.EventId ?? last;
    return events;
  }

  await newest(false);
  return { poll: async () => (await newest(true)).toReversed().map(toEvent) };
}

/** After the first failure CloudFormation cancels the other resources, which would bury it. */
function isFailure({ status, reason }: StackEvent): boolean {
  return status.endsWith("_FAILED") && !/^Resource (creation|update|deletion) cancelled/i.test(reason);
}

/** @returns the first failure of a resource, or else of the stack itself */
export function firstFailure(events: readonly StackEvent[]): StackEvent | undefined {
  return events.find((event) => isFailure(event) && !event.ofStack) ?? events.find(isFailure);
}

/** @returns the resources whose last result is a failure, with its reason */
export function unresolvedFailures(events: readonly StackEvent[]): StackEvent[] {
  const results = events.filter(({ status, ofStack }) => !ofStack && !status.endsWith("_IN_PROGRESS"));
  return [...new Map(results.map((event) => [event.logicalId, event])).values()].filter(isFailure);
}
