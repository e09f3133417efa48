/** The goals, each with its figure: computed from rounds, never from a single run, wherever there are rounds. */
import { spreadOf, type Spread } from "./statistics.ts";
import type { Measurements } from "./results.ts";
import type { Trial } from "./scenarios/trial.ts";

export interface Goal {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface GoalFigure extends Goal, Spread {
  readonly met: boolean;
}

interface Measured extends Goal {
  readonly values: (measurements: Measurements) => number[];
}

const mebibyte = 2 ** 20;

/** The ratio of two variants in each round that has both: what disturbs the machine disturbs both. */
export function pairedRatios(trials: readonly Trial[], numerator: string, denominator: string): number[] {
  const of = (variant: string) => new Map(trials.filter((t) => t.variant === variant).map((t) => [t.round, t]));
  const below = of(denominator);
  return [...of(numerator).values()].flatMap((trial) => {
    const other = below.get(trial.round);
    return other ? [trial.cpuMicrosPerRegistration / other.cpuMicrosPerRegistration] : [];
  });
}

function ratio(numerator: string, denominator: string): Measured["values"] {
  return ({ trials }) => pairedRatios(trials, numerator, denominator);
}

const webToBare = ratio("web/product", "web/bare-fastify");

const goals: readonly Measured[] = [
  {
    name: "instance",
    label: "instance: Turnout ÷ bare Fastify behind nginx, CPU of all processes",
    unit: "×",
    atMost: 1,
    values: ratio("web/product", "web/bare-fastify-nginx"),
  },
  {
    name: "instance-send-message",
    label: "instance: one SendMessage per request behind nginx ÷ Turnout",
    unit: "×",
    atLeast: 10,
    values: ratio("web/send-message-nginx", "web/product"),
  },
  { name: "web", label: "web: Turnout ÷ bare Fastify, CPU", unit: "×", atMost: 1.5, values: webToBare },
  { name: "web-aim", label: "web: the same, what is aimed at", unit: "×", atMost: 1.25, values: webToBare },
  {
    name: "web-send-message",
    label: "web: one SendMessage per request ÷ Turnout, CPU",
    unit: "×",
    atLeast: 10,
    values: ratio("web/send-message", "web/product"),
  },
  {
    name: "worker-batch-write",
    label: "worker: Turnout ÷ BatchWriteItem of 10, CPU",
    unit: "×",
    atMost: 1 / 8,
    values: ratio("worker/product", "worker/batch-write"),
  },
  {
    name: "worker-put-items",
    label: "worker: PutItem each ÷ Turnout, CPU",
    unit: "×",
    atLeast: 40,
    values: ratio("worker/ten-put-items", "worker/product"),
  },
  {
    name: "web-mails",
    label: "web: with mails on ÷ off, CPU",
    unit: "×",
    atMost: 1.05,
    values: ratio("web/product-mails", "web/product"),
  },
  {
    name: "worker-mails",
    label: "worker: with mails on ÷ off, CPU, its mailer apart",
    unit: "×",
    atMost: 1.05,
    values: ratio("worker/product-mails", "worker/product"),
  },
  {
    name: "latency",
    label: "web at 300/s: added to a bare SendMessage, median",
    unit: "ms",
    atMost: 1,
    values: ({ latency }) => latency.map((trial) => trial.addedP50Ms),
  },
  {
    name: "overload-queue",
    label: "queue too slow, 2 to 10 times too many: accepted, of the best",
    unit: "×",
    atLeast: 0.9,
    values: ({ overload }) => overloaded(overload, "queue"),
  },
  {
    name: "overload-process",
    label: "process too slow, 2 to 10 times as many clients: accepted, of the best",
    unit: "×",
    atLeast: 0.9,
    values: ({ overload }) => overloaded(overload, "process"),
  },
  {
    name: "recovery",
    label: "after the overload: nobody rejected any more, after",
    unit: "s",
    atMost: 10,
    values: ({ overload }) => (overload ? [overload.recoverySeconds] : []),
  },
  {
    name: "memory-web",
    label: "web: most memory, long run",
    unit: "MiB",
    atMost: 256,
    values: ({ endurance }) => peak(endurance, "web"),
  },
  {
    name: "memory-worker",
    label: "worker: most memory, long run",
    unit: "MiB",
    atMost: 256,
    values: ({ endurance }) => peak(endurance, "worker"),
  },
  {
    name: "memory-growth",
    label: "memory at the end ÷ early in the long run, the worse tier",
    unit: "×",
    atMost: 1.1,
    values: ({ endurance }) => worst(endurance.map((run) => run.growth)),
  },
  {
    name: "linear",
    label: "CPU of the last ÷ of early registrations, the worse tier",
    unit: "×",
    atMost: 1.1,
    values: ({ endurance }) => worst(endurance.map((run) => run.costOfLastToEarly)),
  },
];

function overloaded(overload: Measurements["overload"], limit: "queue" | "process"): number[] {
  const steps = overload?.steps.filter((step) => step.limit === limit && step.multiple > 1) ?? [];
  return steps.length === 0 ? [] : [Math.min(...steps.map((step) => step.ofPeak))];
}

function peak(endurance: Measurements["endurance"], tier: string): number[] {
  return endurance.filter((run) => run.tier === tier).map((run) => run.peakResidentBytes / mebibyte);
}

function worst(values: readonly number[]): number[] {
  return values.length === 0 ? [] : [Math.max(...values)];
}

/** @returns the goals for which something was measured */
export function goalFigures(measurements: Measurements): GoalFigure[] {
  return goals.flatMap(({ values, ...goal }) => {
    const spread = spreadOf(values(measurements));
    if (spread.count === 0) return [];
    const { atMost = Infinity, atLeast = -Infinity } = goal;
    return [{ ...goal, ...spread, met: spread.median <= atMost && spread.median >= atLeast }];
  });
}
