/** The outermost test of a file that shares a process with others: tap's own when the file is run by itself. */
import tap, { type Test } from "tap";

/** Belongs to the file that is being loaded or run; files of a group are run one after another. */
export let t: Test = tap;

/** Makes `test` the outermost of the files that are loaded from now on. */
export function enterFile(test: Test): void {
  t = test;
}
