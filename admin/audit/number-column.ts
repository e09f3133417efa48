/** A growing typed array: a few bytes per entry at any length. */

type Numbers = Uint16Array | Int32Array | Float64Array;

export interface NumberColumn {
  /** @returns the entry, or the preset if unset */
  get(index: number): number;
  set(index: number, value: number): void;
}

const initialLength = 1 << 12;

/**
 * @param create makes the typed array
 * @param preset of unset entries
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
