/** The operator's dashboard, in the order a registration takes: accepted, waiting, stored, and then the resources. */
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  PeriodOverride,
  TextWidget,
  type Alarm,
  type IMetric,
  type IWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { runbookLink } from "./alarms.ts";
import type { StackConfig } from "./config.ts";
import type { Figures, MailFigures } from "./figures.ts";

const height = 6;

function graph(title: string, left: IMetric[], right: IMetric[] = []): GraphWidget {
  return new GraphWidget({
    title,
    left,
    right,
    width: 8,
    height,
    leftYAxis: { min: 0 },
    ...(right.length > 0 ? { rightYAxis: { min: 0 } } : {}),
  });
}

function mailRow(f: MailFigures): IWidget[] {
  return [
    graph("Mail waiting", [f.messages, f.deadLetterMessages], [f.oldestAge]),
    graph("Mail of the account, each minute", [f.sent, f.bounced, f.complained]),
    graph(
      "Bounces (SES reviews from 0.05) and complaints (from 0.001)",
      [f.bounceRate, f.ownBounceRate],
      [f.complaintRate, f.ownComplaintRate],
    ),
  ];
}

export function addDashboard(
  scope: Construct,
  id: string,
  f: Figures,
  alarms: readonly Alarm[],
  url: string,
  config: StackConfig,
): Dashboard {
  const rows: IWidget[][] = [
    [
      new TextWidget({
        width: 24,
        height: 2,
        markdown: `**Turnout** ${url} · messages are exact, registrations waiting and the wait are told from what all instances wrote down (activity table). ${runbookLink("WhenAnAlarmRings", config)}`,
      }),
    ],
    [new AlarmStatusWidget({ title: "Alarms", alarms: [...alarms], width: 24, height: 3 })],
    [
      graph("Registrations, each minute", [f.accepted, f.stored, f.duplicates]),
      graph("Waiting", [f.messages, f.inFlight], [f.people]),
      graph("How long", [f.oldestAge, f.eta], [f.drain]),
    ],
    [
      graph("Packs, each minute", [f.packsSent, f.packsReceived, f.packsDeleted]),
      graph("Instances in service", [f.webInstances, f.workerInstances]),
      graph("Health (0 ok, 15 warning, 20 degraded, 25 severe)", [f.webHealth, f.workerHealth]),
    ],
    [
      graph("CPU (%)", [f.webCpu, f.workerCpu]),
      graph("Memory of the fullest instance (%)", [f.webMemory, f.workerMemory]),
      graph("Network, bytes each minute", [f.webNetworkIn, f.webNetworkOut, f.workerNetworkIn, f.workerNetworkOut]),
    ],
    [
      graph("Requests, each minute", [f.requests], [f.responseTime]),
      graph("Rejected and failed, each minute", [f.refused, f.tierErrors, f.balancerErrors]),
      graph("Table, each minute", [f.writes], [f.writeThrottles, f.recordThrottles]),
    ],
    [
      graph("Dead letters", [f.deadLettersReceived, f.deadLetterMessages]),
      graph("Paused and stalled", [f.paused, f.breakerOpen, f.stalled, f.notPolled]),
    ],
    ...(f.mail === undefined ? [] : [mailRow(f.mail)]),
  ];
  return new Dashboard(scope, id, { widgets: rows, periodOverride: PeriodOverride.AUTO });
}
