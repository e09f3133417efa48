/** Answers that somebody could have given, for pages that show what is stored. */
import type { EventDefinition } from "../shared/registration/event-definition.ts";
import type { StoredContent } from "../web/status/status-reads.ts";

/** By the properties that decide what an answer is. */
interface AnyField {
  readonly id: string;
  readonly type: string;
  readonly label: string;
  readonly options?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly earliest?: string;
  readonly text?: string;
}

/** @returns undefined for a type that is not known here */
function sampleAnswer(field: AnyField): unknown {
  const { options = [], minimum = 1, maximum = Infinity } = field;
  switch (field.type) {
    case "text":
      return field.label.slice(0, field.maxLength);
    case "email":
      return "ada@example.org";
    case "number":
      return Math.min(Math.max(minimum, 1), maximum);
    case "select":
      return options[0];
    case "choices":
      return options.slice(0, Math.max(minimum, Math.min(2, maximum)));
    case "date":
      return field.earliest ?? "1990-12-10";
    case "telephone":
      return "+44 20 7946 0000";
    case "consent":
      // The hash of the wording comes first.
      return `sha256:${"0".repeat(64)} ${field.text ?? ""}`;
    case "checkbox":
      return true;
    default:
      return undefined;
  }
}

/** @returns a name, and an answer to each field */
export function sampleContent({ fields }: Pick<EventDefinition, "fields">): StoredContent {
  const answers = (fields as readonly AnyField[])
    .map((field) => [field.id, sampleAnswer(field)] as const)
    .filter(([, answer]) => answer !== undefined);
  return { name: "Ada Lovelace", answers: Object.fromEntries(answers) as StoredContent["answers"] };
}
