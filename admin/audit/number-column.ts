/** A list of numbers of one binary kind that grows by doubling: a few bytes an entry, at any length. */

type Numbers = Uint16Array | Int32Array | Float64Array;

export interface NumberColumn {
  /** @returns the entry, or the preset where none was set */
  get(index: number): number;
  set(index: number, value: number): void;
}

const initialLength = 1 << 12;

/**
 * @param create makes the array that holds the entries; decides the kind
 * @param preset of entries that were never set
 */
export function createNumberColumn(create: (length: number) => Numbers, preset = 0): NumberColumn {
  let entries = create(initialLength).fill(preset);
  return {
    get: (index) => entries[index] ?? preset,
    set(index, value) {
      if (index >= entries.length) {
        const larger = create(Math.max(entries.length * 2, index + 1)).fill(preset);
        larger.set(entries);
        entries = larger;
      }
      entries[index] = value;
    },
  };
}
