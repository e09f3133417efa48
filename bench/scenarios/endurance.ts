/**
 * A long run through each tier, measured in windows: what a registration costs must be the same for the last as for the
 * first (no cliff), and memory must be flat.
 */
import { saturatingConnections, type Laboratory, type Subject } from "../laboratory.ts";
import { variantNamed, type TierName } from "../variants.ts";
import { drain } from "./trial.ts";

export interface EnduranceWindow {
  /** Registrations since the start, at the end of this window. */
  readonly registrations: number;
  /** In this window only. */
  readonly cpuMicrosPerRegistration: number;
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
}

export interface EnduranceResult {
  readonly tier: TierName;
  readonly windows: readonly EnduranceWindow[];
  readonly peakResidentBytes: number;
  /** Mean CPU of all registrations, divided by that of the first 10,000 (which had the warming up). */
  readonly costOfAllToFirst: number;
  /** CPU of the last tenth of all windows, divided by that of the second tenth: no warming up in either. */
  readonly costOfLastToEarly: number;
  /** Resident memory at the end, divided by that after the first tenth. */
  readonly growth: number;
}

const firstWindow = 10_000;

export interface EnduranceLength {
  readonly registrations: number;
  /** After the first 10,000, as many windows of the same size. */
  readonly windows: number;
}

export async function runEndurance(
  laboratory: Laboratory,
  tier: TierName,
  length: EnduranceLength,
): Promise<EnduranceResult> {
  const { name, script, nodeFlags, packSize } = variantNamed(`${tier}/product`);
  await laboratory.aws.clear();
  const subject = laboratory.start({ name: `${name}, long run`, script, nodeFlags });
  try {
    const url = `${await subject.url()}/registrations`;
    const work = async (firstPerson: number, people: number): Promise<number> => {
      if (tier === "worker") {
        await drain(laboratory, { firstPerson, people, packSize });
        return people;
      }
      const order = {
        url,
        connections: saturatingConnections,
        requests: people,
        firstPerson,
        body: "submission" as const,
      };
      return (await laboratory.load.saturate(order)).accepted;
    };
    return await watch(tier, subject, work, length);
  } finally {
    await subject.stop();
  }
}

async function watch(
  tier: TierName,
  subject: Subject,
  work: (firstPerson: number, people: number) => Promise<number>,
  { registrations: total, windows: windowCount }: EnduranceLength,
): Promise<EnduranceResult> {
  const windows: EnduranceWindow[] = [];
  const first = Math.min(firstWindow, Math.ceil(total / 2));
  const size = Math.ceil((total - first) / windowCount);
  let offered = 0;
  let done = 0;
  let before = await subject.usage();
  const atStart = before;
  while (offered < total) {
    const people = Math.min(offered === 0 ? first : size, total - offered);
    const accepted = await work(offered, people);
    offered += people;
    done += accepted;
    const after = await subject.usage();
    windows.push({
      registrations: done,
      cpuMicrosPerRegistration: (after.cpuMicros - before.cpuMicros) / accepted,
      residentBytes: after.residentBytes,
      heapUsedBytes: after.heapUsedBytes,
      externalBytes: after.externalBytes,
    });
    before = after;
  }
  const costs = windows.map((window) => window.cpuMicrosPerRegistration);
  const tenth = Math.max(1, Math.floor((windows.length - 1) / 10));
  const mean = (list: readonly number[]) => list.reduce((total_, value) => total_ + value, 0) / list.length;
  const early = windows[tenth] ?? windows[0];
  return {
    tier,
    windows,
    peakResidentBytes: before.peakResidentBytes,
    costOfAllToFirst: (before.cpuMicros - atStart.cpuMicros) / done / (costs[0] ?? 1),
    costOfLastToEarly: mean(costs.slice(-tenth)) / mean(costs.slice(1 + tenth, 1 + 2 * tenth)),
    growth: before.residentBytes / (early?.residentBytes ?? 1),
  };
}
