/**
 * A distinguisher: sees everything that somebody who registers an address gets to see, and guesses whether the address was
 * known before. It learns the best single rule from one half of the visits, a threshold on a number or what a text stands
 * for, and is tested on the other half, which it has not seen.
 */

export type Feature = number | string;

export interface Visit {
  /** What it has to guess. */
  readonly known: boolean;
  /** By name, the same names for every visit. */
  readonly features: Readonly<Record<string, Feature>>;
}

export interface Verdict {
  /** Share of right guesses about the half that it has not seen: 0.5 is what a coin has. */
  readonly right: number;
  /** Visits guessed. */
  readonly guesses: number;
  /** The rule, in words. */
  readonly rule: string;
}

interface Rule {
  readonly words: string;
  readonly rightInTraining: number;
  guess(visit: Visit): boolean;
}

function share(count: number, all: number): number {
  return all === 0 ? 0 : count / all;
}

/** The best "known where it is larger than this", or smaller. */
function thresholdRule(name: string, visits: readonly Visit[]): Rule {
  const value = (visit: Visit) => Number(visit.features[name]);
  const sorted = visits.toSorted((a, b) => value(a) - value(b));
  const knownInAll = sorted.filter(({ known }) => known).length;
  let best = {
    right: Math.max(knownInAll, sorted.length - knownInAll),
    limit: -Infinity,
    above: knownInAll * 2 >= sorted.length,
  };
  let knownBelow = 0;
  for (const [index, visit] of sorted.entries()) {
    if (visit.known) knownBelow += 1;
    const next = sorted[index + 1];
    if (!next || value(next) === value(visit)) continue;
    const newBelow = index + 1 - knownBelow;
    const rightAbove = newBelow + (knownInAll - knownBelow);
    for (const above of [true, false]) {
      const right = above ? rightAbove : sorted.length - rightAbove;
      if (right > best.right) best = { right, limit: (value(visit) + value(next)) / 2, above };
    }
  }
  const { right, limit, above } = best;
  return {
    words: `known where ${name} is ${above ? "above" : "at most"} ${Math.round(limit * 1_000) / 1_000}`,
    rightInTraining: share(right, sorted.length),
    guess: (visit) => value(visit) > limit === above,
  };
}

/** Of each text, what it stood for more often. One that was never seen is taken for new. */
function textRule(name: string, visits: readonly Visit[]): Rule {
  const tally = new Map<string, { known: number; all: number }>();
  for (const { known, features } of visits) {
    const text = String(features[name]);
    const entry = tally.get(text) ?? { known: 0, all: 0 };
    tally.set(text, { known: entry.known + (known ? 1 : 0), all: entry.all + 1 });
  }
  const meansKnown = new Set([...tally].filter(([, { known, all }]) => known * 2 > all).map(([text]) => text));
  const guess = (visit: Visit) => meansKnown.has(String(visit.features[name]));
  const right = visits.filter((visit) => guess(visit) === visit.known).length;
  const words = `known where ${name} is one of ${meansKnown.size} of ${tally.size} texts: ${[...meansKnown].slice(0, 2).join(" | ")}`;
  return { words, rightInTraining: share(right, visits.length), guess };
}

/** @param visits in random order, as many of known addresses as of new ones */
export function distinguish(visits: readonly Visit[]): Verdict {
  const [seen, unseen] = [0, 1].map((half) => visits.filter((_, index) => index % 2 === half)) as [Visit[], Visit[]];
  const rules = Object.entries(seen[0]?.features ?? {}).map(([name, value]) =>
    typeof value === "number" ? thresholdRule(name, seen) : textRule(name, seen),
  );
  const [best] = rules.toSorted((a, b) => b.rightInTraining - a.rightInTraining);
  if (!best) throw new Error("There is nothing to tell them apart by.");
  const right = unseen.filter((visit) => best.guess(visit) === visit.known).length;
  return { right: share(right, unseen.length), guesses: unseen.length, rule: best.words };
}

/**
 * @returns the share of right guesses that stays below the goal of 55 % for many, or where few are guessed below what a coin
 *   reaches by chance, once in 2,000 times
 */
export function mostByChance(guesses: number): number {
  return Math.max(0.55, 0.5 + 3.3 * Math.sqrt(0.25 / guesses));
}
