/** Starts a tier whose clock is wrong by CLOCK_SKEW_MINUTES, as on a machine that nobody synchronises. TIER says which. */
import { join } from "node:path";

const skewMs = Number(process.env.CLOCK_SKEW_MINUTES) * 60_000;
const TrueDate = Date;

class SkewedDate extends TrueDate {
  constructor(...given: [] | [number | string | Date]) {
    if (given.length === 0) super(TrueDate.now() + skewMs);
    else super(...given);
  }

  static override now(): number {
    return TrueDate.now() + skewMs;
  }
}

globalThis.Date = SkewedDate as DateConstructor;
await import(join(import.meta.dirname, "..", "..", "..", process.env.TIER ?? "web", "main.ts"));
