/** Durations as text. */

const units = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/**
 * @param seconds 0 or more
 * @returns the two largest units, such as `2 h 5 min`; `0 s` below one second
 */
export function formatSeconds(seconds: number): string {
  let rest = Math.round(seconds);
  const parts: string[] = [];
  for (const [unit, length] of units) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

/**
 * @param time ISO 8601
 * @param now milliseconds since the epoch
 * @returns such as `3 min ago`
 */
export function formatAge(time: string, now: number = Date.now()): string {
  const seconds = (now - Date.parse(time)) / 1_000;
  return Number.isNaN(seconds) ? "-" : `${formatSeconds(Math.max(0, seconds))} ago`;
}
