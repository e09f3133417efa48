/** The report of a stress run against a deployment: two steps, of which the second was too much for it. */
import type { StressReport, StressStep } from "../../../load/stress/stress-report.ts";

const step = (ratePerSecond: number, acceptedPerSecond: number, limit: StressStep["limit"]): StressStep => ({
  ratePerSecond,
  seconds: 10,
  offered: ratePerSecond * 10,
  accepted: acceptedPerSecond * 10,
  shed: (ratePerSecond - acceptedPerSecond) * 10,
  refused: 0,
  failed: 0,
  unsent: 0,
  shedWithoutRetryAfter: 0,
  because: {},
  acceptedPerSecond,
  acceptMs: { p50: 12, p95: 80, p99: 90, max: 200 },
  storedAfterMs: { p50: 30, p95: 40, p99: 500, max: 600 },
  generator: { utilization: 0.4, lagP99Ms: 7, lagMaxMs: 22 },
  limit,
  limitBecause: [],
});

export function sampleStressReport(): StressReport {
  return {
    passed: true,
    interrupted: false,
    target: "https://register.example.org",
    at: "2027-01-30T10:00:00.000Z",
    seed: 7,
    sharedMachine: false,
    steps: [step(2_000, 2_000, "none"), step(4_000, 1_900, "service")],
    sustainedPerSecond: 2_000,
    peakStoredPerSecond: 1_500,
    conclusion: "It sustains 2,000 accepted requests each second.",
    drainSeconds: 2,
    audit: null,
    ledger: null,
    page: null,
  };
}
