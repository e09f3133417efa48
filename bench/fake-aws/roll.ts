/** Who has been there: a mark for each person by number, so that a run can prove that nobody was skipped or counted twice. */

export interface RollCount {
  /** Different people. */
  readonly people: number;
  /** Marks beyond the first of a person. */
  readonly again: number;
  /** Marks of somebody who is none of the benchmark's people. */
  readonly strangers: number;
}

export interface Roll {
  /** @returns whether this person was not on it before */
  mark(person: number): boolean;
  has(person: number): boolean;
  count(): RollCount;
  clear(): void;
}

export function createRoll(): Roll {
  let marks = new Uint8Array(1 << 16);
  let people = 0;
  let again = 0;
  let strangers = 0;
  return {
    mark(person) {
      if (person < 0) {
        strangers += 1;
        return true;
      }
      if (person >= marks.length) {
        const longer = new Uint8Array(Math.max(marks.length * 2, person + 1));
        longer.set(marks);
        marks = longer;
      }
      if (marks[person]) {
        again += 1;
        return false;
      }
      marks[person] = 1;
      people += 1;
      return true;
    },
    has: (person) => marks[person] === 1,
    count: () => ({ people, again, strangers }),
    clear() {
      marks.fill(0);
      people = 0;
      again = 0;
      strangers = 0;
    },
  };
}
