/** Event loop delay and utilisation, sampled several times a second. */
import { monitorEventLoopDelay, performance } from "node:perf_hooks";

export interface EventLoop {
  /** Mean delay in the last sample, milliseconds. */
  delayMs(): number;
  /** Share of the last sample in which the loop was busy, 0 to 1. */
  utilization(): number;
  /** Ends the sampling; safe to repeat. */
  close(): void;
}

const sampleEveryMs = 250;
const resolutionMs = 10;

/** Reads nothing that needs a file descriptor, which may be used up. */
export function watchEventLoop(): EventLoop {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let measured = performance.eventLoopUtilization();
  let delayMs = 0;
  let utilization = 0;

  function sample(): void {
    const { mean } = histogram;
    // No measurement means one long turn, such as loading the program, which is over now; a lasting delay shows in the
    // next sample.
    delayMs = Number.isFinite(mean) ? Math.max(0, mean / 1e6 - resolutionMs) : 0;
    histogram.reset();
    const current = performance.eventLoopUtilization();
    ({ utilization } = performance.eventLoopUtilization(current, measured));
    measured = current;
  }

  const timer = setInterval(sample, sampleEveryMs).unref();
  return {
    delayMs: () => delayMs,
    utilization: () => utilization,
    close() {
      clearInterval(timer);
      histogram.disable();
    },
  };
}
