/** How late and how busy the event loop is, sampled several times a second. */
import { monitorEventLoopDelay, performance } from "node:perf_hooks";

export interface EventLoop {
  /** Mean delay in the last sample, milliseconds. */
  delayMs(): number;
  /** Share of the time in the last sample in which it was at work, from 0 to 1. */
  utilization(): number;
  /** Ends the sampling; safe to call twice. */
  close(): void;
}

const sampleEveryMs = 250;
const resolutionMs = 10;

/** Reads nothing that can fail: a process without free file descriptors cannot even ask for its memory. */
export function watchEventLoop(): EventLoop {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let measured = performance.eventLoopUtilization();
  let delayMs = 0;
  let utilization = 0;

  function sample(): void {
    const { mean } = histogram;
    // Without any measurement there was one long turn, loading the program for instance, which is over when it is seen; a
    // loop that stays late is measured by the next sample.
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
