/** Whether this instance can enqueue registrations: what a load balancer or operator checks before sending traffic. */

export interface Readiness {
  /** @returns whether the queue answered the last probe; probes again when that is older than `cacheMs` */
  check(): Promise<boolean>;
}

export interface ReadinessOptions {
  /** Resolves only when the queue can be reached. */
  readonly probe: () => Promise<unknown>;
  readonly cacheMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

export function createReadiness({ probe, cacheMs, now }: ReadinessOptions): Readiness {
  let lastProbeAt = -Infinity;
  let latest: Promise<boolean> = Promise.resolve(false);

  async function answers(): Promise<boolean> {
    try {
      await probe();
      return true;
    } catch {
      return false;
    }
  }

  return {
    check() {
      if (now() - lastProbeAt >= cacheMs) {
        lastProbeAt = now();
        latest = answers();
      }
      return latest;
    },
  };
}
