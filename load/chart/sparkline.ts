/** A chart in a single line of text. */

const blocks = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/**
 * @param values each column shows the largest of the values it covers, so that no peak is lost
 * @param width columns at most
 * @returns a blank for 0, the tallest block for the largest value
 */
export function sparkline(values: readonly number[], width: number): string {
  const columns = Math.min(width, values.length);
  const most = values.reduce((max, value) => Math.max(max, value), 0);
  let line = "";
  for (let column = 0; column < columns; column += 1) {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.floor(((column + 1) * values.length) / columns);
    let peak = 0;
    for (let index = from; index < to; index += 1) peak = Math.max(peak, values[index] ?? 0);
    const level = most === 0 ? 0 : Math.ceil((peak / most) * blocks.length);
    line += level === 0 ? " " : blocks[level - 1];
  }
  return line;
}
