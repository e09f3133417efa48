/**
 * Decides what reached its limit in a step: the service, or the generator. When it was the generator, the figures of the step
 * say nothing about the service.
 */

export type Limit = "none" | "service" | "generator" | "both";

export interface StepFigures {
  readonly offered: number;
  readonly accepted: number;
  /** 503 and 429. */
  readonly shed: number;
  /** Of those shed, 429: the limit for each client, which says nothing about the service. */
  readonly limited?: number;
  readonly refused: number;
  readonly failed: number;
  /** Not sent because all connections were in use. */
  readonly unsent: number;
  /** Null if nothing was accepted. */
  readonly acceptP99Ms: number | null;
  /** How late the generator sent. */
  readonly lagP99Ms: number;
  /** Of the generator's event loop, 0 to 1. */
  readonly utilization: number;
}

export interface Verdict {
  readonly limit: Limit;
  /** For people; empty for `none`. */
  readonly because: readonly string[];
}

const verdictBounds = {
  /** A busier event loop handles answers late. */
  utilization: 0.85,
  /** Timers alone are a few milliseconds late. */
  lagP99Ms: 50,
  unsentShare: 0.001,
  /** Of requests shed, rejected or failed: more than that, people would notice. */
  notAcceptedShare: 0.01,
  acceptP99Ms: 1_000,
} as const;

const count = (value: number) => value.toLocaleString("en");
const seconds = (milliseconds: number) =>
  milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

export function assessStep(figures: StepFigures): Verdict {
  const { offered, shed, limited = 0, refused, failed, unsent, acceptP99Ms, lagP99Ms, utilization } = figures;
  const shareOf = (people: number) => (offered === 0 ? 0 : people / offered);
  const generator: string[] = [];
  if (utilization >= verdictBounds.utilization) generator.push(`its event loop was ${percent(utilization)} busy`);
  if (lagP99Ms >= verdictBounds.lagP99Ms)
    generator.push(`1 % of the requests were sent ${seconds(lagP99Ms)} late or later`);
  const outOfConnections = shareOf(unsent) >= verdictBounds.unsentShare;
  if (outOfConnections && generator.length > 0) generator.push(`it had no connection left for ${count(unsent)}`);

  const service: string[] = [];
  if (shareOf(shed) >= verdictBounds.notAcceptedShare) service.push(`shed ${percent(shareOf(shed))}`);
  const isLimited = shareOf(limited) >= verdictBounds.notAcceptedShare;
  if (shareOf(refused) >= verdictBounds.notAcceptedShare) service.push(`rejected ${percent(shareOf(refused))}`);
  if (shareOf(failed) >= verdictBounds.notAcceptedShare) service.push(`failed ${percent(shareOf(failed))}`);
  // If the generator keeps up, connections run out because the service does not answer.
  if (outOfConnections && generator.length === 0)
    service.push(`kept all connections waiting, so that ${count(unsent)} requests could not be sent`);
  // Latency counts from the moment a request was due, so a late generator adds to it as a slow service does.
  if (generator.length === 0 && acceptP99Ms !== null && acceptP99Ms >= verdictBounds.acceptP99Ms) {
    service.push(`took ${seconds(acceptP99Ms)} or longer for 1 % of the requests`);
  }
  const limit =
    generator.length > 0 ? (service.length > 0 ? "both" : "generator") : service.length > 0 ? "service" : "none";
  return {
    limit,
    because: [
      ...(generator.length > 0 ? [`The generator: ${generator.join(", ")}.`] : []),
      ...(service.length > 0 ? [`The service: ${service.join(", ")}.`] : []),
      ...(isLimited
        ? [
            `${percent(shareOf(limited))} met the limit for one client (429), not the service's: deploy with loadTestFrom and loadTestUntil.`,
          ]
        : []),
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
 * What counts is the fastest step without a limit, and the next faster one, which had one. A slower step with a limit, often
 * the first, while the service warms up, does not count but is mentioned.
 * @returns what the whole run says about the service, in a few sentences for people
 */
export function conclude(steps: readonly JudgedStep[]): { sustainedPerSecond: number | null; conclusion: string } {
  if (steps.length === 0) return { sustainedPerSecond: null, conclusion: "Nothing was measured." };
  const sorted = steps.toSorted(bySpeed);
  const best = sorted.findLast(({ limit }) => limit === "none");
  const [limited] = best === undefined ? sorted : sorted.slice(sorted.indexOf(best) + 1);
  const slower =
    best === undefined ? [] : sorted.slice(0, sorted.indexOf(best)).filter(({ limit }) => limit !== "none");
  const sentences = [
    best === undefined
      ? "Even the first step reached a limit."
      : `It sustains ${rate(best.acceptedPerSecond)} accepted requests each second.`,
    ...(limited === undefined ? ["No step reached a limit: try higher steps."] : limitOf(limited)),
    ...slower.map(
      (step) =>
        `The slower step of ${rate(step.ratePerSecond)} each second reached a limit as well. ${step.because.join(" ")}`,
    ),
  ];
  return { sustainedPerSecond: best?.acceptedPerSecond ?? null, conclusion: sentences.join(" ") };
}

function limitOf({ ratePerSecond, limit, because }: JudgedStep): string[] {
  const at = `At ${rate(ratePerSecond)} each second`;
  if (limit === "service") return [`${at} the service reached its limit.`, ...because];
  if (limit === "both") {
    return [`${at} both reached a limit; with a faster generator the service may sustain more.`, ...because];
  }
  return [
    `${at} the generator was the bottleneck, so the limit of the service is still unknown.`,
    ...because,
    "Use a larger machine for the generator.",
  ];
}
