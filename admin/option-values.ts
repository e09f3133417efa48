/** Reads the values of options, with their bounds, in words that say what is allowed. */
import { InvalidArgumentError } from "commander";

/** @returns a reader of whole numbers from `minimum` to `maximum`, for `Command.option` */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return function read(text) {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`Allowed is a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}
