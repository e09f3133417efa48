/** An inspection of a healthy, idle deployment, to be changed as a test needs it. */
import type { Inspection } from "../../admin/inspector/inspector.ts";

interface Changes {
  readonly queue?: Partial<Inspection["queue"]>;
  readonly rates?: Partial<Inspection["rates"]>;
  readonly tiers?: Inspection["tiers"];
  readonly deadLetterGroups?: Inspection["deadLetterGroups"];
}

export function inspectionWith({ queue, rates, tiers, deadLetterGroups = [] }: Changes = {}): Inspection {
  return {
    queue: {
      messages: 0,
      registrationsEstimate: 0,
      inFlight: 0,
      delayed: 0,
      oldestAgeSeconds: 0,
      drainPerSecond: 0,
      etaSeconds: 0,
      deadLetters: { open: 0, byReason: {}, notCollected: 0 },
      at: "2026-03-01T09:00:00.000Z",
      ...queue,
    },
    rates: { acceptedPerSecond: 0, storedPerSecond: 0, duplicatesPerSecond: 0, ...rates },
    tiers: tiers ?? [
      { tier: "web", health: "ok", causes: [] },
      { tier: "worker", health: "ok", causes: [] },
    ],
    deadLetterGroups,
  };
}
