/** Carries a plan of chaos out on a cell: kills and stops its tiers, and lays faults on the way to its engines. */
import { setTimeout as delay } from "node:timers/promises";
import type { Cell } from "./cell.ts";
import type { Moment, PlannedEvent } from "./chaos-plan.ts";
import type { Random } from "./random.ts";
import type { TierName, TierProcess } from "./tier-process.ts";

export interface ChaosFigures {
  /** Processes that were ended by SIGKILL. */
  readonly kills: number;
  /** Of these: by the moment of the work, or "at random". */
  readonly killsByMoment: Readonly<Record<string, number>>;
  /** Processes that got SIGTERM. */
  readonly terminations: number;
  /** Of these: by how they ended. A kill that comes later may be quicker. */
  readonly terminationsByEnd: Readonly<Record<string, number>>;
  /** Times when SES did not take mails. */
  readonly mailTroubles: number;
}

/** How long a kill waits for its moment before it comes at random. */
const momentWithinMs = 3_000;

/** @returns the last part of a queue's URL; a table's name as it is */
function nameOf(resource: string): string {
  return resource.slice(resource.lastIndexOf("/") + 1);
}

/**
 * @param plan in the order of time
 * @returns when all of it has happened; nothing of it lasts
 */
export async function unleash(cell: Cell, plan: readonly PlannedEvent[], random: Random): Promise<ChaosFigures> {
  const killsByMoment: Record<string, number> = {};
  const terminationsByEnd: Record<string, number> = {};
  const figures = { kills: 0, terminations: 0, mailTroubles: 0 };
  const began = performance.now();
  const happening: Promise<void>[] = [];

  function victim(tier: TierName): TierProcess {
    return random.pick(cell.tiers.filter((one) => one.tier === tier));
  }

  async function killNow(tier: TierProcess, moment: string): Promise<void> {
    if (!(await tier.crash())) return;
    figures.kills += 1;
    killsByMoment[moment] = (killsByMoment[moment] ?? 0) + 1;
  }

  async function killAt(tier: TierProcess, { name, engine, action, point, resource, holds }: Moment): Promise<void> {
    const proxy = engine === "sqs" ? cell.sqsProxy : cell.dynamoDbProxy;
    try {
      const target = {
        actions: [action],
        client: tier.name,
        ...(resource && { resource: nameOf(cell[resource]) }),
        ...(holds && { holds }),
      };
      const arrival = await proxy.arrivalOf(point, target, AbortSignal.timeout(momentWithinMs));
      await killNow(tier, name);
      arrival.cut();
    } catch {
      await killNow(tier, "at random");
    }
  }

  async function terminate(tier: TierProcess): Promise<void> {
    // One that is still starting would be ended by the signal itself, which tells nothing of a graceful stop.
    await tier.process.start();
    const life = tier.ends.length;
    if (!tier.kill("SIGTERM")) return;
    figures.terminations += 1;
    await tier.process.ended();
    const end = `${tier.tier} ${tier.ends[life]}`;
    terminationsByEnd[end] = (terminationsByEnd[end] ?? 0) + 1;
  }

  async function lay({ engine, fault, forMs }: Extract<PlannedEvent, { what: "fault" }>): Promise<void> {
    const proxy = engine === "sqs" ? cell.sqsProxy : cell.dynamoDbProxy;
    const injection = proxy.inject(fault);
    await delay(forMs);
    injection.lift();
  }

  async function troubleMail({ mode, forMs }: Extract<PlannedEvent, { what: "mail trouble" }>): Promise<void> {
    if (cell.mail === undefined) return;
    figures.mailTroubles += 1;
    cell.mail.trouble(mode);
    await delay(forMs);
    cell.mail.heal();
  }

  for (const event of plan) {
    const waitMs = event.atMs - (performance.now() - began);
    if (waitMs > 0) await delay(waitMs);
    if (event.what === "fault") happening.push(lay(event));
    else if (event.what === "mail trouble") happening.push(troubleMail(event));
    else {
      const tier = victim(event.tier);
      if (event.what === "terminate") happening.push(terminate(tier));
      else happening.push(event.moment ? killAt(tier, event.moment) : killNow(tier, "at random"));
    }
  }
  await Promise.all(happening);
  return { ...figures, killsByMoment, terminationsByEnd };
}
