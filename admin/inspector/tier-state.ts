/**
 * Health of the tiers, from the tiers themselves (`tier-urls.ts`) or from AWS (`tier-beanstalk.ts`). Their throughput
 * is in the activity table.
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

/** Never rejects: unreachable is a state too. */
export type TierSource = () => Promise<readonly TierState[]>;
