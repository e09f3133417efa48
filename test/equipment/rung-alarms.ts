/** Tells which of the stack's alarms would ring, from figures of the local engines; a minute lasts as long as a test likes. */
import { createContext, runInContext } from "node:vm";
import { resources, synthesized } from "../infra/templates.ts";

/** Of one minute, by the names of CloudWatch's metrics. */
export type Minute = Readonly<Record<string, number>>;

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: { readonly Metric: { readonly MetricName: string } };
}

export interface AlarmRule {
  /** As in infra/alarms.ts: `WorkerIsStalled`. */
  readonly id: string;
  readonly description: string;
  /** @param minutes the latest last. @returns whether it rings after them */
  rings(minutes: readonly Minute[]): boolean;
}

/** CloudWatch's functions, as far as the alarms use them. */
const functions = {
  IF: (condition: boolean, then: number, otherwise: number) => (condition ? then : otherwise),
  FILL: (value: number, filler: number) => (Number.isNaN(value) ? filler : value),
};

function evaluate(queries: readonly Query[], minute: Minute): number {
  const values = queries.flatMap(({ Id, MetricStat }) =>
    MetricStat ? [[Id, minute[MetricStat.Metric.MetricName] ?? NaN] as const] : [],
  );
  const expression = queries.find(({ Expression }) => Expression !== undefined)?.Expression ?? "";
  const script = expression.replaceAll(" AND ", " && ");
  return Number(runInContext(script, createContext({ ...functions, ...Object.fromEntries(values) })));
}

/** @returns the alarms of the synthesised stack that stand on an expression, with the template's threshold and duration */
export async function alarmRules(): Promise<readonly AlarmRule[]> {
  const { main } = await synthesized();
  return resources(main, "AWS::CloudWatch::Alarm").flatMap(([logicalId, { Properties }]): AlarmRule[] => {
    const { Metrics, Threshold, EvaluationPeriods, AlarmDescription } = Properties as {
      readonly Metrics?: readonly Query[];
      readonly Threshold: number;
      readonly EvaluationPeriods: number;
      readonly AlarmDescription: string;
    };
    if (Metrics === undefined || !logicalId.startsWith("Observability")) return [];
    return [
      {
        id: logicalId.replace(/^Observability/, "").replace(/[0-9A-F]{8}$/, ""),
        description: AlarmDescription,
        rings(minutes) {
          const last = minutes.slice(-EvaluationPeriods);
          return last.length === EvaluationPeriods && last.every((minute) => evaluate(Metrics, minute) >= Threshold);
        },
      },
    ];
  });
}
