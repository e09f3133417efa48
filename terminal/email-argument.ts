/** The argument for an email address in any spelling. */
import { InvalidArgumentError } from "commander";
import { Compile } from "typebox/compile";
import { emailRule, normalizeEmail } from "../shared/registration/email-address.ts";
import { Email } from "../shared/registration/registration.ts";

const validator = Compile(Email);

/** @returns the address in key form */
export function emailArgument(text: string): string {
  const email = normalizeEmail(text);
  if (!validator.Check(email)) throw new InvalidArgumentError(`Allowed is ${emailRule}.`);
  return email;
}
