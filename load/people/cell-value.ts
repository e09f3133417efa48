/**
 * Converts a cell of a spreadsheet to an answer: programs write numbers and checkmarks in their user's language. What could
 * be read in two ways is left as it is, for the service to reject.
 */
import { choicesOf } from "../../admin/registrations/file-columns.ts";
import { wordingOf } from "../../shared/registration/consent.ts";
import type { EventField } from "../../shared/registration/event-definition.ts";
import type { Answer } from "../../shared/registration/registration.ts";

/** Checkmarks as spreadsheets and people write them. */
const yes = words(
  "true yes y 1 x on wahr ja vrai oui verdadero sí si vero sì verdadeiro sim waar prawda tak sant sand sann",
  "tosi kyllä pravda ano igaz igen истина да adevărat da doğru evet ✓ ✔ ☑",
);
const no = words(
  "false no n 0 off falsch nein faux non falso não onwaar nee fałsz nie falskt falsk usann usant nej nei",
  "epätosi ei nepravda ne hamis nem ложь нет fals nu yanlış yanliş hayır hayir ✗ ✘ ☐",
);

function words(...lists: readonly string[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => list.normalize("NFC").split(" ")));
}

const decimalNumber = /^[+-]?\d+(?:([.,])(\d+))?(?:e[+-]?\d+)?$/i;
const digitsOfThousands = 3;

/**
 * @param delimiter of the file: programs that write a decimal comma use semicolons, and the other way round
 * @returns undefined if it is not a number, or may have a thousands separator: 1,234 in a file with commas
 */
function numberOf(text: string, delimiter: string): number | undefined {
  const match = decimalNumber.exec(text);
  if (match === null) return undefined;
  const [, sign, decimals = ""] = match;
  const usual = delimiter === ";" ? "," : ".";
  if (sign !== undefined && sign !== usual && decimals.length === digitsOfThousands) return undefined;
  return Number(text.replace(",", "."));
}

/** @returns the answer in the type of the field; the unchanged text if it has another type, for the service to reject */
export function answerOf(field: EventField, cell: string, delimiter: string): Answer {
  const text = cell.trim();
  switch (field.type) {
    case "number":
      return numberOf(text, delimiter) ?? cell;
    case "choices":
      return choicesOf(cell);
    case "consent":
      // An export has what was agreed to.
      if (wordingOf(text) === field.text) return true;
      return yes.has(text.normalize("NFC").toLowerCase()) || cell;
    case "checkbox": {
      const word = text.normalize("NFC").toLowerCase();
      return yes.has(word) ? true : no.has(word) ? false : cell;
    }
    case "select":
    case "date":
    case "telephone":
      return text;
    case "text":
    case "email":
      return cell;
  }
}
