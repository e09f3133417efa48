/**
 * One trial: one variant in a fresh process, warmed up, then measured over an exact number of registrations, then counted
 * against what the fake AWS got. The figure is the CPU time that the process reports of itself.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Supply } from "../fake-aws/queue.ts";
import type { AwsCounts } from "../fake-aws/main.ts";
import { saturatingConnections, type Laboratory, type Subject } from "../laboratory.ts";
import type { SaturationOrder, SaturationResult } from "../load/saturation.ts";
import type { Variant } from "../variants.ts";

export interface Trial {
  readonly round: number;
  readonly variant: string;
  /** Accepted (web) or stored (worker) while it was measured. */
  readonly registrations: number;
  readonly cpuMicrosPerRegistration: number;
  /** Of that, the nginx in front of the process under test. */
  readonly nginxCpuMicrosPerRegistration?: number;
  readonly perSecond: number;
  /** CPU time by wall time: near 1, the process was the bottleneck. */
  readonly busy: number;
  readonly residentBytes: number;
  readonly peakResidentBytes: number;
  /** Of web variants, milliseconds. */
  readonly latency?: SaturationResult["latency"];
  /** Requests that were answered with something else than accepted. */
  readonly refused?: number;
  /** Registrations by message, as the queue got them. */
  readonly meanPackSize?: number;
}

export interface TrialOptions {
  readonly laboratory: Laboratory;
  readonly variant: Variant;
  readonly round: number;
  /** Of the variant's usual number of people; 1 for a whole round. */
  readonly scale: number;
}

/** The two counts of a run do not agree: registrations were skipped or counted twice, and its figure is worth nothing. */
export class CountsDiffer extends Error {}

/** As many at once as Beanstalk's daemon keeps open by default. */
const daemonConnections = 50;
const drainWithinMs = 120_000;
const pollIntervalMs = 10;

export async function runTrial(options: TrialOptions): Promise<Trial> {
  const { laboratory, variant } = options;
  await laboratory.aws.clear();
  const { name, script, nodeFlags, mails } = variant;
  const subject = laboratory.start({ name, script, nodeFlags, ...(mails && { env: laboratory.mailVariables }) });
  try {
    return variant.tier === "web" || variant.posted
      ? await postedTrial(options, subject)
      : await polledTrial(options, subject);
  } finally {
    await subject.stop();
  }
}

function peopleOf({ variant, scale }: TrialOptions): { people: number; warmUp: number } {
  return { people: Math.ceil(variant.people * scale), warmUp: Math.ceil(variant.warmUp * scale) };
}

async function postedTrial(options: TrialOptions, subject: Subject): Promise<Trial> {
  const { laboratory, variant } = options;
  const url = await subject.url();
  if (!variant.behindNginx) return postTo(options, subject, url, () => 0);
  const nginx = await laboratory.putNginxBefore(url);
  try {
    return await postTo(options, subject, nginx.url, nginx.cpuMicros);
  } finally {
    await nginx.stop();
  }
}

/** @param besidesMicros CPU time of what stands in front of the process */
async function postTo(
  options: TrialOptions,
  subject: Subject,
  base: string,
  besidesMicros: () => number,
): Promise<Trial> {
  const { laboratory, variant, round } = options;
  const { people, warmUp } = peopleOf(options);
  const order: Omit<SaturationOrder, "requests" | "firstPerson"> = variant.posted
    ? { url: base, connections: daemonConnections, body: "registration" }
    : { url: `${base}/registrations`, connections: saturatingConnections, body: "submission" };
  const warm = await laboratory.load.saturate({ ...order, requests: warmUp, firstPerson: 0 });
  const sentBefore = (await laboratory.aws.counts()).queue;
  const before = await subject.usage();
  const besidesBefore = besidesMicros();
  const result = await laboratory.load.saturate({ ...order, requests: people, firstPerson: warmUp });
  const after = await subject.usage();
  const besides = besidesMicros() - besidesBefore;
  const counts = await laboratory.aws.counts();
  const unknown = warm.refused + warm.errors + result.refused + result.errors;
  prove(variant, counts, warm.accepted + result.accepted, unknown);
  if (result.accepted === 0) throw new CountsDiffer(`${variant.name}: nothing was accepted`);
  const cpuMicros = after.cpuMicros - before.cpuMicros + besides;
  const messages = counts.queue.messagesSent - sentBefore.messagesSent;
  return {
    round,
    variant: variant.name,
    registrations: result.accepted,
    cpuMicrosPerRegistration: cpuMicros / result.accepted,
    ...(variant.behindNginx && { nginxCpuMicrosPerRegistration: besides / result.accepted }),
    perSecond: result.accepted / ((after.at - before.at) / 1_000),
    busy: cpuMicros / 1_000 / (after.at - before.at),
    residentBytes: after.residentBytes,
    peakResidentBytes: after.peakResidentBytes,
    latency: result.latency,
    refused: result.refused + result.errors,
    ...(messages > 0 && { meanPackSize: (counts.queue.sent.people - sentBefore.sent.people) / messages }),
  };
}

async function polledTrial(options: TrialOptions, subject: Subject): Promise<Trial> {
  const { laboratory, variant, round } = options;
  const { people, warmUp } = peopleOf(options);
  const { packSize } = variant;
  const supply = { packSize, mails: variant.mails === "sent" };
  await subject.usage();
  await drain(laboratory, { firstPerson: 0, people: warmUp, ...supply });
  const before = await subject.usage();
  await drain(laboratory, { firstPerson: warmUp, people, ...supply });
  const after = await subject.usage();
  prove(variant, await laboratory.aws.counts(), warmUp + people, 0);
  const cpuMicros = after.cpuMicros - before.cpuMicros;
  return {
    round,
    variant: variant.name,
    registrations: people,
    cpuMicrosPerRegistration: cpuMicros / people,
    perSecond: people / ((after.at - before.at) / 1_000),
    busy: cpuMicros / 1_000 / (after.at - before.at),
    residentBytes: after.residentBytes,
    peakResidentBytes: after.peakResidentBytes,
  };
}

/**
 * Puts so many people on the queue and waits until all their messages were deleted.
 * @throws CountsDiffer when that takes too long
 */
export async function drain({ aws }: Laboratory, supply: Supply, withinMs = drainWithinMs): Promise<void> {
  await aws.supply(supply);
  const messages = supply.packSize === 0 ? supply.people : Math.ceil(supply.people / supply.packSize);
  const deadline = performance.now() + withinMs;
  for (;;) {
    const { queue } = await aws.counts();
    if (queue.messagesDeleted === messages) return;
    if (performance.now() > deadline) {
      throw new CountsDiffer(`only ${queue.messagesDeleted} of ${messages} messages were deleted in ${withinMs} ms`);
    }
    await delay(pollIntervalMs);
  }
}

/**
 * @param accepted registrations that were answered as accepted
 * @param unknown requests that were answered otherwise: a send whose answer came too late may have arrived all the same
 * @throws CountsDiffer unless all that were accepted arrived where the variant keeps them, and nobody who did not come
 */
export function prove(variant: Variant, counts: AwsCounts, accepted: number, unknown: number): void {
  const { queue, table, errors } = counts;
  if (errors.length > 0) throw new CountsDiffer(`${variant.name}: the fake AWS met ${errors.join("; ")}`);
  if (queue.deadLetters > 0) throw new CountsDiffer(`${variant.name}: ${queue.deadLetters} dead letters`);
  // Each must have been asked for, or sent; an answer that was lost may repeat one.
  const mails = { requested: queue.mailsRequested, sent: counts.mailsSent };
  if (variant.mails && variant.tier === "worker" && mails[variant.mails].people !== accepted) {
    throw new CountsDiffer(
      `${variant.name}: ${accepted} people, ${mails[variant.mails].people} mails ${variant.mails}`,
    );
  }
  if (variant.keeps === "nothing") return;
  const { people, again, strangers } = variant.keeps === "queue" ? queue.sent : table.stored;
  // A queue may get one twice when an answer was lost, and the worker stores it once; in a table twice is an error.
  const twice = variant.keeps === "table" ? again : 0;
  if (people < accepted || people > accepted + unknown || twice > 0 || strangers > 0) {
    throw new CountsDiffer(
      `${variant.name}: ${accepted} were accepted and ${unknown} were not, ${people} arrived, ${twice} twice, ` +
        `${strangers} of nobody's`,
    );
  }
}
