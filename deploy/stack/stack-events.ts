/** Reads what CloudFormation does to a stack, event by event, each once and in its order. Says nothing of what it means. */
import {
  paginateDescribeStackEvents,
  type CloudFormationClient,
  type StackEvent as AwsEvent,
} from "@aws-sdk/client-cloudformation";
import { kindOf } from "../../shared/aws/aws-error.ts";
import { isUnknownStack } from "./deployed-stack.ts";

export interface StackEvent {
  /** ISO 8601, by CloudFormation's clock. */
  readonly at: string;
  readonly stack: string;
  readonly logicalId: string;
  /** Empty until the resource has a name of its own. */
  readonly physicalId: string;
  /** Such as `AWS::EC2::VPC`. */
  readonly type: string;
  /** Such as `CREATE_COMPLETE`. */
  readonly status: string;
  /** Empty where CloudFormation gives none. */
  readonly reason: string;
  /** Whether it is about the stack itself and not about something in it. */
  readonly ofStack: boolean;
}

export interface EventFollower {
  /**
   * @returns what happened since the last call, oldest first; nothing where CloudFormation throttles or does not answer,
   *   since the next call makes up for it
   * @throws the SDK's error where it refuses
   */
  poll(): Promise<readonly StackEvent[]>;
}

function toEvent(event: AwsEvent): StackEvent {
  return {
    at: (event.Timestamp ?? new Date(0)).toISOString(),
    stack: event.StackName ?? "",
    logicalId: event.LogicalResourceId ?? "",
    physicalId: event.PhysicalResourceId ?? "",
    type: event.ResourceType ?? "",
    status: event.ResourceStatus ?? "",
    reason: event.ResourceStatusReason ?? "",
    ofStack: event.PhysicalResourceId === event.StackId,
  };
}

/**
 * @param stack its name, also of one that is yet to come; or its ARN, by which it can be followed beyond its end
 * @returns a follower of what happens from now on
 * @throws the SDK's error where CloudFormation refuses
 */
export async function followStack(client: CloudFormationClient, stack: string): Promise<EventFollower> {
  let last: string | undefined;

  /** @param all back to the last one that is known; otherwise a page will do */
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

  return {
    async poll() {
      try {
        return (await newest(true)).toReversed().map(toEvent);
      } catch (error) {
        if (["throttled", "unreachable"].includes(kindOf(error))) return [];
        throw error;
      }
    },
  };
}
