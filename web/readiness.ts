/** Whether this instance can put registrations on the queue: what a balancer or an operator asks before sending people. */

export interface Readiness {
  /** @returns whether the queue answered the last look, which is at most `cacheMs` old; looks again when it is older */
  check(): Promise<boolean>;
}

export interface ReadinessOptions {
  /** Asks the queue for something that only succeeds when it can be reached; rejects otherwise. */
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
