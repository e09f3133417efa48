/** Asks the tiers directly, where they are reachable: locally or inside their network. */
import type { TierSource, TierState } from "./tier-state.ts";

type TierName = TierState["tier"];

export interface TierUrls {
  readonly web?: string | undefined;
  readonly worker?: string | undefined;
}

const timeoutMs = 2_000;

async function readState(tier: TierName, url: string | undefined): Promise<TierState> {
  if (url === undefined) return { tier, health: "unknown", causes: [] };
  try {
    // The web tier is healthy when it can enqueue, the worker when it drains.
    const path = tier === "web" ? "/ready" : "/health";
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(timeoutMs), redirect: "error" });
    if (response.ok) return { tier, health: "ok", causes: [] };
    const { causes, detail } = (await response.json()) as { causes?: unknown; detail?: unknown };
    const told = Array.isArray(causes) ? causes.map(String) : typeof detail === "string" ? [detail] : [];
    return { tier, health: "unhealthy", causes: told.length > 0 ? told : [`answers ${response.status}`] };
  } catch {
    return { tier, health: "unreachable", causes: [`does not answer at ${url}`] };
  }
}

export function createTierUrlSource({ web, worker }: TierUrls): TierSource {
  return () => Promise.all([readState("web", web), readState("worker", worker)]);
}
