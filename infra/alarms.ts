/**
 * Alarms: when an operator should act, with the way into the console and to the runbook's section in each description. They trigger
 * nothing; scaling is in `scaling.ts`.
 */
import { Stack } from "aws-cdk-lib";
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
import type { Figures, MailFigures } from "./figures.ts";

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
  /** What missing data means. Default: all is well. */
  readonly silence?: "bad" | "no news";
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
      silence: "bad",
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
      says: "The web tier answers 5xx: it sheds, is paused, or cannot reach the queue. Attendees are told to try again.",
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
      silence: "bad",
    },
    ...(figures.mail === undefined ? [] : mailRules(figures.mail)),
  ];
}

/** SES reviews an account from these rates on: https://docs.aws.amazon.com/ses/latest/dg/reputation-dashboard-dg.html */
const reviewedRates = { bounces: 0.05, complaints: 0.001 } as const;

function mailRules(figures: MailFigures): readonly Rule[] {
  return [
    {
      id: "MailIsLate",
      says: "The oldest mail waits for an hour: SES rejects or throttles, or the workers do not send. Registrations are stored all the same; see the worker's log and the account's quota.",
      metric: figures.oldestAge,
      threshold: 3_600,
      minutes: 5,
    },
    {
      id: "MailsAreGivenUp",
      says: "Mails lie on the mails' dead-letter queue, where they end after 14 days: mend the cause, then redrive them.",
      metric: figures.deadLetterMessages,
      threshold: 1,
      minutes: 10,
    },
    {
      id: "MailBounces",
      says: "Of the account's mails 5 % or more bounce, from where on SES reviews it and then stops its mail: find who registers addresses that do not exist, and turn the challenge on or mail off.",
      metric: figures.bounceRate,
      threshold: reviewedRates.bounces,
      minutes: 60,
      silence: "no news",
    },
    {
      id: "MailIsComplainedAbout",
      says: "Of the account's mails 0.1 % or more are called spam, from where on SES reviews it and then stops its mail: find who registers others, and turn the challenge on or mail off.",
      metric: figures.complaintRate,
      threshold: reviewedRates.complaints,
      minutes: 60,
      silence: "no news",
    },
  ];
}

const missingData = { bad: TreatMissingData.BREACHING, "no news": TreatMissingData.IGNORE } as const;

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
  const { stackName } = Stack.of(scope);
  const wayIn = `Look: \`npm run turnout -- console --stack ${stackName}\`.`;
  return rules(figures, config).map(({ id, says, metric, threshold, below, minutes, silence }) => {
    const alarm = new Alarm(scope, id, {
      alarmDescription: `${says} ${wayIn} ${runbookLink(id, config)}`,
      metric,
      threshold,
      comparisonOperator: below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: minutes / metric.period.toMinutes(),
      treatMissingData: silence === undefined ? TreatMissingData.NOT_BREACHING : missingData[silence],
    });
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  });
}
