/**
 * Alarms: when an operator should act, with a link to the runbook's paragraph in each description. They trigger
 * nothing; scaling is in `scaling.ts`.
 */
import {
  Alarm,
  ComparisonOperator,
  TreatMissingData,
  type IAlarmAction,
  type MathExpression,
  type Metric,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import type { StackConfig } from "./config.ts";
import type { Figures } from "./figures.ts";

interface Rule {
  /** Id of the alarm and of its paragraph in docs/operations.md: `BacklogIsOld` is #backlog-is-old. */
  readonly id: string;
  readonly says: string;
  readonly metric: Metric | MathExpression;
  /** Alarm at or above this value; with `below`, under it. */
  readonly threshold: number;
  readonly below?: true;
  /** Minutes that must breach, out of as many; a multiple of the metric's period. */
  readonly minutes: number;
  /** Default: missing data is good. */
  readonly silenceIsBad?: true;
}

/** Elastic Beanstalk's environment health: 15 is Warning, 20 Degraded, 25 Severe. */
const degraded = 20;
/** SQS allows about 120,000 messages in flight per queue; beyond that, receives return nothing. */
const inFlightNearLimit = 100_000;

function rules(figures: Figures, config: StackConfig): readonly Rule[] {
  return [
    {
      id: "BacklogIsOld",
      says: "The oldest registration waits for ten minutes: the worker tier does not keep up.",
      metric: figures.oldestAge,
      threshold: 600,
      minutes: 3,
    },
    {
      id: "WorkerIsStalled",
      says: "Registrations wait and none was stored for five minutes.",
      metric: figures.stalled,
      threshold: 1,
      minutes: 5,
    },
    {
      id: "QueueIsNotPolled",
      says: "No worker asks for registrations: all of them paused, or none is there.",
      metric: figures.notPolled,
      threshold: 1,
      minutes: 5,
      silenceIsBad: true,
    },
    {
      id: "DeadLettersArrive",
      says: "Registrations could not be stored and wait for somebody to act.",
      metric: figures.deadLettersReceived,
      threshold: 1,
      minutes: 1,
    },
    {
      id: "DeadLettersAreNotCollected",
      says: "Messages lie on the dead-letter queue, where they end after 14 days.",
      metric: figures.deadLetterMessages,
      threshold: 1,
      minutes: 10,
    },
    {
      id: "TierAnswersErrors",
      says: "The web tier answers 5xx: it sheds, or cannot reach the queue. Attendees are told to try again.",
      metric: figures.tierErrors,
      threshold: 50,
      minutes: 3,
    },
    {
      id: "BalancerAnswersErrors",
      says: "The load balancer finds no web instance that answers.",
      metric: figures.balancerErrors,
      threshold: 5,
      minutes: 3,
    },
    {
      id: "WebIsAtItsMaximum",
      says: `The web tier has all ${config.webMaxInstances} instances that it may have, and they are busy.`,
      metric: figures.webAtMaximum,
      threshold: 1,
      minutes: 5,
    },
    {
      id: "WorkerIsAtItsMaximum",
      says: `The worker tier has all ${config.workerMaxInstances} instances that it may have, and registrations wait.`,
      metric: figures.workerAtMaximum,
      threshold: 1,
      minutes: 5,
    },
    {
      id: "TableThrottles",
      says: "The registrations table takes fewer writes than the workers send.",
      metric: figures.writeThrottles,
      threshold: 100,
      minutes: 5,
    },
    {
      id: "TooManyInFlight",
      says: "The queue nears SQS's limit of messages in flight.",
      metric: figures.inFlight,
      threshold: inFlightNearLimit,
      minutes: 3,
    },
    {
      id: "WebIsUnhealthy",
      says: "The web environment's health is degraded or worse.",
      metric: figures.webHealth,
      threshold: degraded,
      minutes: 5,
    },
    {
      id: "WorkerIsUnhealthy",
      says: "The worker environment's health is degraded or worse.",
      metric: figures.workerHealth,
      threshold: degraded,
      minutes: 5,
    },
    {
      id: "DaemonIsUnhealthy",
      says: "The daemon that posts the periodic tasks reports an error, or nothing.",
      metric: figures.daemonHealth,
      threshold: 1,
      below: true,
      minutes: 15,
      silenceIsBad: true,
    },
  ];
}

/**
 * @param id of an alarm, which is also its paragraph's heading: `BacklogIsOld`
 * @returns where the runbook's paragraph is: its URL, or, where nobody said where the runbook can be read, its name. A path
 *   would be no link in a mail.
 */
export function runbookLink(id: string, { runbookUrl }: Pick<StackConfig, "runbookUrl">): string {
  const words = id.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
  if (runbookUrl !== undefined) return `${runbookUrl}#${words.replaceAll(" ", "-")}`;
  return `Runbook: docs/operations.md, section "${words.charAt(0).toUpperCase()}${words.slice(1)}".`;
}

/** @param action for both alarm and recovery */
export function addAlarms(scope: Construct, figures: Figures, config: StackConfig, action: IAlarmAction): Alarm[] {
  return rules(figures, config).map(({ id, says, metric, threshold, below, minutes, silenceIsBad }) => {
    const alarm = new Alarm(scope, id, {
      alarmDescription: `${says} ${runbookLink(id, config)}`,
      metric,
      threshold,
      comparisonOperator: below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: minutes / metric.period.toMinutes(),
      treatMissingData: silenceIsBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  });
}
