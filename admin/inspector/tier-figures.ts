/**
 * What the tiers themselves know of the traffic, and how they are. Where it is asked for differs: `tier-urls.ts` asks the
 * tiers, `tier-cloudwatch.ts` asks AWS. What cannot be told is null, never a guess.
 */
import { Type, type Static } from "typebox";

const Rate = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

export const TierFigures = Type.Object(
  {
    acceptedPerSecond: Rate("registrations that were answered 202"),
    storedPerSecond: Rate("registrations that reached the table"),
    duplicatesPerSecond: Rate("second submissions of an address, dropped"),
    meanPackSize: Rate("registrations in a pack of late"),
    oldestAgeSeconds: Rate("age of what is at the head of the queue, from its first acceptance"),
  },
  { additionalProperties: false },
);

export type TierFigures = Static<typeof TierFigures>;

export const TierState = Type.Object(
  {
    tier: Type.Enum(["web", "worker"]),
    health: Type.Enum(["ok", "unhealthy", "unreachable", "unknown"]),
    causes: Type.Array(Type.String(), { description: "what is wrong and what to do, in words" }),
  },
  { additionalProperties: false },
);

export type TierState = Static<typeof TierState>;

export interface TierReport {
  readonly figures: TierFigures;
  readonly tiers: readonly TierState[];
}

/** Asked again and again: rates are those since it was asked last. Never rejects: who cannot be asked is a state too. */
export type TierSource = () => Promise<TierReport>;

export const noFigures: TierFigures = {
  acceptedPerSecond: null,
  storedPerSecond: null,
  duplicatesPerSecond: null,
  meanPackSize: null,
  oldestAgeSeconds: null,
};
