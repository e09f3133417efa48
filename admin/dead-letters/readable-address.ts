/**
 * The address to show for a dead letter in which no registration can be read. For display and search only: who a record
 * belongs to is decided by `erasure.ts`.
 */
import { rawEntryIn } from "../../shared/dead-letters/dead-letter-entry.ts";

/** More than any address has. */
const maxLength = 320;
/** An address stands near the start of an entry; beyond it, the search would take long. */
const searchedCharacters = 65_536;
/** As a field of JSON that is cut off, and as any other text. */
const patterns = [
  /"email"\s*:\s*"([^"\\]{1,320})/,
  /([^\s"'<>()[\]{},;:\\@]{1,64}@[^\s"'<>()[\]{},;:\\@]{1,255})/,
] as const;

/** @returns what looks like the address, of any version, valid or not; undefined when there is none */
export function addressIn(body: string): string | undefined {
  const { email } = rawEntryIn(body);
  if (typeof email === "string" && email !== "") return email.slice(0, maxLength);
  const text = body.slice(0, searchedCharacters);
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}
