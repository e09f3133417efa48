/** Asks the tiers themselves, where they can be reached: on this machine, or from inside their network. */
import { readMetricsText } from "./metrics-text.ts";
import { noFigures, type TierFigures, type TierSource, type TierState } from "./tier-figures.ts";

type TierName = TierState["tier"];

export interface TierUrls {
  readonly web?: string | undefined;
  readonly worker?: string | undefined;
}

const timeoutMs = 2_000;

interface Scrape {
  readonly at: number;
  readonly web: ReadonlyMap<string, number> | undefined;
  readonly worker: ReadonlyMap<string, number> | undefined;
}

async function get(url: string): Promise<Response> {
  return fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: "error" });
}

async function readMetrics(url: string | undefined): Promise<ReadonlyMap<string, number> | undefined> {
  if (url === undefined) return undefined;
  try {
    const response = await get(`${url}/metrics`);
    return response.ok ? readMetricsText(await response.text()) : undefined;
  } catch {
    return undefined;
  }
}

async function readState(tier: TierName, url: string | undefined): Promise<TierState> {
  if (url === undefined) return { tier, health: "unknown", causes: [] };
  try {
    // The web tier is well when it can enqueue, the worker when it drains.
    const response = await get(`${url}${tier === "web" ? "/ready" : "/health"}`);
    if (response.ok) return { tier, health: "ok", causes: [] };
    const { causes, detail } = (await response.json()) as { causes?: unknown; detail?: unknown };
    const told = Array.isArray(causes) ? causes.map(String) : typeof detail === "string" ? [detail] : [];
    return { tier, health: "unhealthy", causes: told.length > 0 ? told : [`answers ${response.status}`] };
  } catch {
    return { tier, health: "unreachable", causes: [`does not answer at ${url}`] };
  }
}

function grown(now: Scrape, before: Scrape | undefined, tier: TierName, name: string): number | undefined {
  const value = now[tier]?.get(name);
  const earlier = before?.[tier]?.get(name);
  // Less than before: the process was started anew, and counts from 0.
  if (value === undefined || earlier === undefined || value < earlier) return undefined;
  return value - earlier;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function figuresOf(now: Scrape, before: Scrape | undefined): TierFigures {
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1_000;
  const perSecond = (tier: TierName, name: string) => {
    const more = grown(now, before, tier, name);
    return more === undefined || seconds <= 0 ? null : round(more / seconds);
  };
  /** Of late, or where nothing came of late, over the process's life. */
  const ratio = (of: string, by: string, lifelong: boolean) => {
    const count = grown(now, before, "worker", by) ?? 0;
    if (count > 0) return (grown(now, before, "worker", of) ?? 0) / count;
    const all = now.worker?.get(by) ?? 0;
    return lifelong && all > 0 ? (now.worker?.get(of) ?? 0) / all : null;
  };
  const age = ratio("turnout_stored_delay_seconds_sum", "turnout_stored_delay_seconds_count", false);
  const packSize = ratio("turnout_registrations_received_total", "turnout_packs_received_total", true);
  return {
    acceptedPerSecond: perSecond("web", "turnout_registrations_accepted_total"),
    storedPerSecond: perSecond("worker", "turnout_registrations_stored_total"),
    duplicatesPerSecond: perSecond("worker", "turnout_registrations_duplicate_total"),
    meanPackSize: packSize === null ? null : round(packSize),
    oldestAgeSeconds: age === null ? null : round(age),
  };
}

export function createTierUrlSource({ web, worker }: TierUrls): TierSource {
  let before: Scrape | undefined;
  return async function readTiers() {
    const [webMetrics, workerMetrics, ...tiers] = await Promise.all([
      readMetrics(web),
      readMetrics(worker),
      readState("web", web),
      readState("worker", worker),
    ]);
    const now: Scrape = { at: performance.now(), web: webMetrics, worker: workerMetrics };
    const figures = webMetrics || workerMetrics ? figuresOf(now, before) : noFigures;
    before = now;
    return { figures, tiers };
  };
}
