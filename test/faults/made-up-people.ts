/** People who never were, and what they write into a form: plain, foreign, long, and with characters that break things. */
import type { EventDefinition, EventField } from "../../shared/registration/event-definition.ts";
import type { Submission } from "./registration-client.ts";
import type { Random } from "./random.ts";

const givenNames = [
  "Ada",
  "Grace",
  "Søren",
  "Łukasz",
  "Zoë",
  "İpek",
  "Nguyễn",
  "Ольга",
  "李",
  "محمد",
  "👩‍💻 Kim",
  "O'Neil",
];
const familyNames = [
  "Lovelace",
  "Hopper",
  "Kierkegaard",
  "Müller-Lüdenscheidt",
  "Ó Briain",
  "Иванова",
  "娜",
  "𝔐𝔞𝔱𝔥",
  "=1+1",
];
const domains = ["example.org", "mail.example.com", "Example.NET", "bücher.example"];
const remarks = [
  "",
  "none",
  "line\nbreak and\ttab",
  "“quotes” & <b>markup</b>",
  '{"json":true}',
  "\u2028 separators",
  "🎟️".repeat(20),
];

export interface MadeUpPeople {
  /** Somebody who has not been there before. */
  newcomer(): Submission;
  /** The same address with other content: what a second submission holds. */
  again(email: string): Submission;
}

/** @param prefix of every address, so that two crowds at one event do not meet */
export function createMadeUpPeople(event: EventDefinition, random: Random, prefix: string): MadeUpPeople {
  let made = 0;

  function name(): string {
    const full = `${random.pick(givenNames)} ${random.pick(familyNames)}`;
    return random.chance(0.05) ? `  ${full} ` : full;
  }

  function answer(field: EventField): string | number | boolean {
    switch (field.type) {
      case "text":
        return random.pick(remarks).slice(0, field.maxLength ?? 200);
      case "email":
        return `${random.hex(8)}@Example.org`;
      case "number": {
        const { minimum = 0, maximum = 1_000 } = field;
        const value = random.between(minimum, maximum);
        return field.integer ? Math.floor(value) : value;
      }
      case "select":
        return random.pick(field.options);
      case "checkbox":
        return field.required === true || random.chance(0.5);
    }
  }

  function content(): Omit<Submission, "email"> {
    const answers: Record<string, string | number | boolean> = {};
    for (const field of event.fields) if (field.required || random.chance(0.7)) answers[field.id] = answer(field);
    return random.chance(0.1) && !event.fields.some((field) => field.required)
      ? { name: name() }
      : { name: name(), answers };
  }

  return {
    newcomer() {
      made += 1;
      const local = random.chance(0.1) ? `${prefix}.${made}+Tag` : `${prefix}.${made}`;
      return { email: `${local}@${random.pick(domains)}`, ...content() };
    },
    again: (email) => ({ email, ...content() }),
  };
}
