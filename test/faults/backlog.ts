/**
 * A long queue, drained by one worker: does its memory stay flat, and does the last registration cost what the first did?
 * The worker speaks to the engines without a proxy in between.
 */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { encodePack, maxPackRegistrations } from "../../shared/registration/registration-pack.ts";
import type { Registration } from "../../shared/registration/registration.ts";
import type { Engines } from "./cell.ts";

export interface BacklogSample {
  readonly seconds: number;
  /** Registrations that the worker has taken and is done with. */
  readonly done: number;
  readonly residentMiB: number;
}

export interface BacklogReport {
  readonly registrations: number;
  readonly stored: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Of the worker, in MiB. */
  readonly peakResidentMiB: number;
  /** CPU time of the worker for each registration, microseconds: over the first and the last tenth of the drain. */
  readonly cpuMicrosecondsFirst: number;
  readonly cpuMicrosecondsLast: number;
  readonly samples: readonly BacklogSample[];
}

const sampleEveryMs = 2_000;
const ticksPerSecond = 100;
const putAtOnce = 40;

/** Of another process, as Linux tells it. */
function usageOf(pid: number): { residentMiB: number; cpuMicroseconds: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const residentMiB = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // After the name, which may hold blanks: utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { residentMiB: Math.round(residentMiB * 10) / 10, cpuMicroseconds: (ticks / ticksPerSecond) * 1e6 };
}

function pack(first: number, count: number): string {
  const registrations = Array.from({ length: count }, (_, index): Registration => {
    const number = first + index;
    return {
      id: `backlog-${String(number).padStart(10, "0")}`,
      email: `attendee-${number}@example.org`,
      name: `Attendee Number ${number}`,
      answers: { ticket: "Both days", organisation: "An organisation of ordinary length", guests: number % 5 },
      submittedAt: "2026-03-01T10:00:00.000Z",
    };
  });
  return encodePack(registrations);
}

/**
 * @param registrations how many to put on the queue before the worker starts
 * @param tell takes a line for people, now and then
 */
export async function drainBacklog(
  engines: Engines,
  registrations: number,
  tell: (line: string) => void,
): Promise<BacklogReport> {
  const cell = await engines.createCell();
  try {
    for (let put = 0; put < registrations;) {
      const bodies: string[] = [];
      while (bodies.length < putAtOnce && put < registrations) {
        const count = Math.min(maxPackRegistrations, registrations - put);
        bodies.push(pack(put, count));
        put += count;
      }
      await cell.put(bodies);
      if (put % 100_000 < putAtOnce * maxPackRegistrations) tell(`${put} registrations are on the queue`);
    }
    const worker = await cell.startTier("worker", {
      restart: false,
      direct: true,
      environment: { WRITE_TIMEOUT_MS: "5000" },
    });
    const { pid } = worker.process;
    const began = performance.now();
    const samples: (BacklogSample & { cpu: number })[] = [];
    for (;;) {
      const { residentMiB, cpuMicroseconds } = usageOf(pid!);
      const taken = await worker.metric("turnout_registrations_received_total");
      const done = taken - (await worker.metric("turnout_registrations_held"));
      const seconds = Math.round((performance.now() - began) / 100) / 10;
      samples.push({ seconds, done, residentMiB, cpu: cpuMicroseconds });
      tell(`${seconds} s: ${done} done, ${residentMiB} MiB`);
      const { waiting, inFlight } = await cell.counts();
      if (waiting + inFlight === 0) break;
      await delay(sampleEveryMs);
    }
    const last = samples.at(-1)!;
    const cpuBetween = (from: number, to: number) => {
      const start = samples.find(({ done }) => done >= from * registrations)!;
      const stop = samples.find(({ done }) => done >= to * registrations) ?? last;
      return Math.round((stop.cpu - start.cpu) / Math.max(1, stop.done - start.done));
    };
    return {
      registrations,
      stored: await cell.itemCount(),
      seconds: last.seconds,
      perSecond: Math.round(registrations / last.seconds),
      peakResidentMiB: Math.max(...samples.map(({ residentMiB }) => residentMiB)),
      cpuMicrosecondsFirst: cpuBetween(0.1, 0.2),
      cpuMicrosecondsLast: cpuBetween(0.9, 1),
      samples: samples.map(({ cpu: _, ...sample }) => sample),
    };
  } finally {
    await cell.close();
  }
}
