/**
 * Loaded into a process under test by `node --import`, so that it reports its own CPU time, memory and address while its
 * program stays unmodified. It adds nothing to the way of a request: it only wakes when the benchmark asks.
 */
import { subscribe } from "node:diagnostics_channel";
import type { AddressInfo, Server } from "node:net";
import { answerQuestions } from "./questions.ts";

/** Of the whole process: garbage collection and compilation threads are in it. */
export interface Usage {
  /** User and system time since the start, microseconds. */
  readonly cpuMicros: number;
  readonly residentBytes: number;
  /** The most that was ever resident. */
  readonly peakResidentBytes: number;
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly externalBytes: number;
  /** Milliseconds, monotonic, of the process itself. */
  readonly at: number;
}

const listening = Promise.withResolvers<string>();

subscribe("tracing:net.server.listen:asyncEnd", (message) => {
  const { port } = (message as { server: Server }).server.address() as AddressInfo;
  listening.resolve(`http://127.0.0.1:${port}`);
});

answerQuestions({
  url: () => listening.promise,
  usage(): Usage {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    return {
      cpuMicros: user + system,
      residentBytes: rss,
      peakResidentBytes: process.resourceUsage().maxRSS * 1_024,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      externalBytes: external,
      at: performance.now(),
    };
  },
});
