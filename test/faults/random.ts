/**
 * A source of chance that a seed fixes: the same seed gives the same plan of faults and the same people. What the tiers make
 * of it still depends on timing, so a run is repeated in kind, not call by call.
 */
import { hash } from "node:crypto";

export interface Random {
  /** From 0 (included) to 1 (excluded). */
  next(): number;
  /** @param share from 0, never, to 1, always */
  chance(share: number): boolean;
  /** From `low` (included) to `high` (excluded). */
  between(low: number, high: number): number;
  pick<T>(list: readonly T[]): T;
  shuffle<T>(list: readonly T[]): T[];
  /** Of `characters` hexadecimal digits. */
  hex(characters: number): string;
  /** A source of its own: how often one part draws does not change what another part gets. */
  fork(name: string): Random;
}

/** @param seed any text or number */
export function createRandom(seed: string | number): Random {
  // xoshiro128** (https://prng.di.unimi.it/), its four words of state cut from a hash of the seed.
  const digest = hash("sha256", String(seed), "buffer");
  let [a, b, c, d] = [0, 4, 8, 12].map((offset) => digest.readUInt32LE(offset)) as [number, number, number, number];

  function rotate(word: number, bits: number): number {
    return (word << bits) | (word >>> (32 - bits));
  }

  function nextWord(): number {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  }

  const random: Random = {
    next: () => nextWord() / 2 ** 32,
    chance: (share) => random.next() < share,
    between: (low, high) => low + random.next() * (high - low),
    pick(list) {
      const picked = list[Math.floor(random.next() * list.length)];
      if (picked === undefined) throw new RangeError("There is nothing to pick from.");
      return picked;
    },
    shuffle(list) {
      return list
        .map((value) => ({ value, order: random.next() }))
        .toSorted((left, right) => left.order - right.order)
        .map(({ value }) => value);
    },
    hex(characters) {
      let text = "";
      while (text.length < characters) text += nextWord().toString(16).padStart(8, "0");
      return text.slice(0, characters);
    },
    fork: (name) => createRandom(`${seed}/${name}`),
  };
  return random;
}
