/**
 * Who reached a limit in a step: the service, or the generator that was to find the service's. A figure that the generator
 * spoilt says nothing of the service, and is not to be taken for it.
 */

export type Limit = "none" | "service" | "generator" | "both";

export interface StepFigures {
  readonly offered: number;
  readonly accepted: number;
  /** 503 and 429: only the service says that. */
  readonly shed: number;
  readonly refused: number;
  readonly failed: number;
  /** Not sent, as all connections were in use. */
  readonly unsent: number;
  /** Milliseconds, null where nothing was accepted. */
  readonly acceptP99Ms: number | null;
  /** How late the generator sent, milliseconds. */
  readonly lagP99Ms: number;
  /** Of the generator's event loop, 0 to 1. */
  readonly utilization: number;
}

export interface Verdict {
  readonly limit: Limit;
  /** In words; empty for `none`. */
  readonly because: readonly string[];
}

const verdictBounds = {
  /** An event loop that is busier than this answers late itself. */
  utilization: 0.85,
  /** Timers alone account for a few. */
  lagP99Ms: 50,
  unsentShare: 0.001,
  /** More than this share turned away or failed is what people would notice. */
  turnedAwayShare: 0.01,
  acceptP99Ms: 1_000,
} as const;

const count = (value: number) => value.toLocaleString("en");
const seconds = (milliseconds: number) =>
  milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

export function judgeStep(figures: StepFigures): Verdict {
  const { offered, shed, refused, failed, unsent, acceptP99Ms, lagP99Ms, utilization } = figures;
  const shareOf = (people: number) => (offered === 0 ? 0 : people / offered);
  const generator: string[] = [];
  if (utilization >= verdictBounds.utilization) generator.push(`its event loop was ${percent(utilization)} busy`);
  if (lagP99Ms >= verdictBounds.lagP99Ms) generator.push(`one in a hundred left ${seconds(lagP99Ms)} late or later`);
  const crowdedOut = shareOf(unsent) >= verdictBounds.unsentShare;
  if (crowdedOut && generator.length > 0) generator.push(`it had no connection left for ${count(unsent)}`);

  const service: string[] = [];
  if (shareOf(shed) >= verdictBounds.turnedAwayShare) service.push(`asked ${percent(shareOf(shed))} to come back`);
  if (shareOf(refused) >= verdictBounds.turnedAwayShare) service.push(`refused ${percent(shareOf(refused))}`);
  if (shareOf(failed) >= verdictBounds.turnedAwayShare) service.push(`failed ${percent(shareOf(failed))}`);
  // With a generator that is well, all connections are in use because their answers do not come.
  if (crowdedOut && generator.length === 0)
    service.push(`let all connections wait, so that ${count(unsent)} could not even ask`);
  // A wait is counted from the moment of coming, so that a late generator lengthens it as a slow service does.
  if (generator.length === 0 && acceptP99Ms !== null && acceptP99Ms >= verdictBounds.acceptP99Ms) {
    service.push(`let one in a hundred wait ${seconds(acceptP99Ms)} or longer`);
  }
  const limit =
    generator.length > 0 ? (service.length > 0 ? "both" : "generator") : service.length > 0 ? "service" : "none";
  return {
    limit,
    because: [
      ...(generator.length > 0 ? [`The generator: ${generator.join(", ")}.`] : []),
      ...(service.length > 0 ? [`The service: ${service.join(", ")}.`] : []),
    ],
  };
}

export interface JudgedStep {
  readonly ratePerSecond: number;
  readonly acceptedPerSecond: number;
  readonly limit: Limit;
  readonly because: readonly string[];
}

const rate = (value: number) => Math.round(value).toLocaleString("en");

const bySpeed = (a: JudgedStep, b: JudgedStep) => a.ratePerSecond - b.ratePerSecond;

/**
 * The fastest step that was held counts, and the next faster one that was not. A slower one that was not held, often the
 * first, while programs warm up, is no limit then, but is told as well.
 * @returns what the whole run says of the service, in a few sentences for people
 */
export function conclude(steps: readonly JudgedStep[]): { sustainedPerSecond: number | null; conclusion: string } {
  if (steps.length === 0) return { sustainedPerSecond: null, conclusion: "Nothing was measured." };
  const sorted = steps.toSorted(bySpeed);
  const best = sorted.findLast(({ limit }) => limit === "none");
  const [limited] = best === undefined ? sorted : sorted.slice(sorted.indexOf(best) + 1);
  const passing =
    best === undefined ? [] : sorted.slice(0, sorted.indexOf(best)).filter(({ limit }) => limit !== "none");
  const sentences = [
    best === undefined
      ? "Not even the first step was held."
      : `It holds ${rate(best.acceptedPerSecond)} accepted each second.`,
    ...(limited === undefined ? ["That is not its limit: try higher steps."] : limitOf(limited)),
    ...passing.map(
      (step) => `In passing, ${rate(step.ratePerSecond)} each second was too much as well. ${step.because.join(" ")}`,
    ),
  ];
  return { sustainedPerSecond: best?.acceptedPerSecond ?? null, conclusion: sentences.join(" ") };
}

function limitOf({ ratePerSecond, limit, because }: JudgedStep): string[] {
  const at = `At ${rate(ratePerSecond)} each second`;
  if (limit === "service") return [`${at} the service gave way.`, ...because];
  if (limit === "both") {
    return [`${at} both reached a limit; the service may hold more with a better generator.`, ...because];
  }
  return [
    `${at} the generator was the bottleneck, so what the service can do was not found out.`,
    ...because,
    "Use a larger machine for the generator.",
  ];
}
