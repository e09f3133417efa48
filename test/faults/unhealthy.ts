/** A worker that cannot do its work and says so. */
import { eventually } from "../equipment/eventually.ts";
import type { TierProcess } from "./tier-process.ts";

/** @returns when its health is 503 and names this cause. @param withinMs default: as `eventually` */
export async function unhealthyBecause(worker: TierProcess, cause: RegExp, withinMs?: number): Promise<void> {
  await eventually(
    async () => {
      const { httpStatus, causes } = await worker.health();
      return httpStatus === 503 && causes.some((one) => cause.test(one));
    },
    `${worker.name} is unhealthy because of ${String(cause)}`,
    withinMs,
  );
}
