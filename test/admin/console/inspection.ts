/** A look at a deployment that is well and idle, to be changed as a test needs it. */
import type { Inspection } from "../../../admin/inspector/inspector.ts";

interface Changes {
  readonly queue?: Partial<Inspection["queue"]>;
  readonly figures?: Partial<Inspection["tiers"]["figures"]>;
  readonly tiers?: Inspection["tiers"]["tiers"];
  readonly deadLetterGroups?: Inspection["deadLetterGroups"];
}

export function inspectionWith({ queue, figures, tiers, deadLetterGroups = [] }: Changes = {}): Inspection {
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
    tiers: {
      figures: {
        acceptedPerSecond: 0,
        storedPerSecond: 0,
        duplicatesPerSecond: 0,
        meanPackSize: 10,
        oldestAgeSeconds: 0,
        ...figures,
      },
      tiers: tiers ?? [
        { tier: "web", health: "ok", causes: [] },
        { tier: "worker", health: "ok", causes: [] },
      ],
    },
    deadLetterGroups,
  };
}
