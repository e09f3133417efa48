/**
 * How much the tests of whole systems do. `npm run test:system` proves each behaviour in minutes; `npm run test:long`
 * proves the same at full size, and what takes long by its nature besides: more people, every theme of every page, the
 * whole benchmark.
 */
const isLong = process.env.TURNOUT_TESTS === "long";

/** For `t.test(title, { skip }, …)`: why this is not done now, or false when it is. */
export const skipUnlessLong: string | false = !isLong && "takes long: npm run test:long";

/** @returns the size for this run */
export function sized<Size>(usual: Size, long: Size): Size {
  return isLong ? long : usual;
}
