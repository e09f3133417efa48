/**
 * How this process stands with its time. The event loop's delay is what everybody waits who is served by it, and so the
 * first thing to look at before more is taken on; its utilization tells whether there is time left to be spent on shorter
 * waits. Both are means over a short sample, so that one long collection of garbage changes nothing.
 */
import { monitorEventLoopDelay, performance } from "node:perf_hooks";

export interface EventLoop {
  /** Of the last sample, milliseconds. */
  readonly meanDelayMs: number;
  /** Share of the last sample in which there was nothing to do, 0 to 1; 1 before the first. */
  readonly spareTime: number;
  /** Ends the measurement. Calling it again does nothing. */
  stop(): void;
}

const sampleMs = 250;
/** How often Node looks, milliseconds; a loop that is never late is seen as late by that much. */
const resolutionMs = 10;

export function watchEventLoop(): EventLoop {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let meanDelayMs = 0;
  let spareTime = 1;
  let before = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    // A sample without any measurement was one long turn, which is over by the time it is seen; a loop that stays late is
    // measured by the next one.
    if (histogram.count > 0) meanDelayMs = Math.max(0, histogram.mean / 1e6 - resolutionMs);
    histogram.reset();
    const now = performance.eventLoopUtilization();
    spareTime = 1 - performance.eventLoopUtilization(now, before).utilization;
    before = now;
  }, sampleMs);
  timer.unref();
  return {
    get meanDelayMs() {
      return meanDelayMs;
    },
    get spareTime() {
      return spareTime;
    },
    stop() {
      clearInterval(timer);
      histogram.disable();
    },
  };
}
