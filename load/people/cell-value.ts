/**
 * What a cell of a spreadsheet means as an answer: programs write numbers and ticks in the language of whoever uses them.
 * What can be read in two ways is left as it is, for the front door to refuse.
 */
import type { EventField } from "../../shared/registration/event-definition.ts";

/** Ticks as spreadsheets write them, and as people do. */
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
 * @param delimiter of the file's cells: programs that write a decimal comma part them by semicolons, and the other way round
 * @returns undefined where it is no number, or may be a number in the thousands: 1,234 in a file that parts by commas
 */
function numberOf(text: string, delimiter: string): number | undefined {
  const match = decimalNumber.exec(text);
  if (match === null) return undefined;
  const [, sign, decimals = ""] = match;
  const usual = delimiter === ";" ? "," : ".";
  if (sign !== undefined && sign !== usual && decimals.length === digitsOfThousands) return undefined;
  return Number(text.replace(",", "."));
}

/** @returns the answer in the field's type; where the cell holds none, the text as it is, for the front door to refuse */
export function answerOf(field: EventField, cell: string, delimiter: string): string | number | boolean {
  const text = cell.trim();
  switch (field.type) {
    case "number":
      return numberOf(text, delimiter) ?? cell;
    case "checkbox": {
      const word = text.normalize("NFC").toLowerCase();
      return yes.has(word) ? true : no.has(word) ? false : cell;
    }
    case "select":
      return text;
    case "text":
    case "email":
      return cell;
  }
}
