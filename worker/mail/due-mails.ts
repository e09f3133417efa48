/**
 * Which mails are due for the registrations of one message, from what became of them. Pure, and the same for every
 * delivery of the message: the mailer recognises repeats.
 */
import type { MailRequest } from "../../shared/mail/mail-pack.ts";
import type { Registration } from "../../shared/registration/registration.ts";

/** The part of a write's outcome that counts here. */
interface Written {
  readonly kind: string;
}

/**
 * @param registrations of one message, replays included
 * @param outcomes one for each, in order; where there is none, nothing is due
 * @returns `confirmed` for those that are stored, by this delivery or an earlier one, and `already-registered` under
 *   the id of each second registration of an address
 */
export function dueMails(
  registrations: readonly Pick<Registration, "id" | "email" | "language">[],
  outcomes: readonly (Written | undefined)[],
): MailRequest[] {
  const due: MailRequest[] = [];
  for (const [index, { id, email, language }] of registrations.entries()) {
    const outcome = outcomes[index]?.kind;
    if (outcome !== "stored" && outcome !== "duplicate") continue;
    const kind = outcome === "stored" ? "confirmed" : "already-registered";
    due.push(language === undefined ? { kind, id, email } : { kind, id, email, language });
  }
  return due;
}
