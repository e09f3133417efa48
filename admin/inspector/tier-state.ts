/**
 * How the tiers themselves are. Where it is asked for differs: `tier-urls.ts` asks the tiers, `tier-beanstalk.ts` asks AWS.
 * How much they do stands in the activity table, and not here.
 */
import { Type, type Static } from "typebox";

export const TierState = Type.Object(
  {
    tier: Type.Enum(["web", "worker"]),
    health: Type.Enum(["ok", "unhealthy", "unreachable", "unknown"]),
    causes: Type.Array(Type.String(), { description: "what is wrong and what to do, in words" }),
  },
  { additionalProperties: false },
);

export type TierState = Static<typeof TierState>;

/** Never rejects: who cannot be asked is a state too. */
export type TierSource = () => Promise<readonly TierState[]>;
