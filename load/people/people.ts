/**
 * Made-up people who register, each with an address of their own under a domain that is reserved for examples (RFC 2606,
 * RFC 6761), so that nobody real is ever written to. The same seed makes the same people in the same order.
 */
import { faker as arabic } from "@faker-js/faker/locale/ar";
import { faker as english } from "@faker-js/faker/locale/en";
import { faker as german } from "@faker-js/faker/locale/de";
import { faker as japanese } from "@faker-js/faker/locale/ja";
import { faker as polish } from "@faker-js/faker/locale/pl";
import { faker as russian } from "@faker-js/faker/locale/ru";
import type { Language } from "../../shared/page/language.ts";
import type { EventDefinition, EventField } from "../../shared/registration/event-definition.ts";
import { hasChoiceOfLanguages, languagesOf } from "../../shared/registration/event-translation.ts";
import { isAsked } from "../../shared/registration/field-conditions.ts";
import { textLength } from "../../shared/registration/registration-size.ts";
import type { Answer } from "../../shared/registration/registration.ts";
import type { Submission } from "../../shared/registration/submission-schema.ts";
import { hardNames, hardTexts } from "./hard-names.ts";

interface Names {
  readonly faker: typeof english;
  readonly familyNameFirst?: boolean;
  /** People of a hundred; the others have a name of `hardNames`. */
  readonly percent: number;
}

const names: readonly Names[] = [
  { faker: english, percent: 34 },
  { faker: german, percent: 20 },
  { faker: polish, percent: 10 },
  { faker: russian, percent: 8 },
  { faker: arabic, percent: 6 },
  { faker: japanese, percent: 6, familyNameFirst: true },
];
const namesOf = names.flatMap((one) => Array.from({ length: one.percent }, () => one));

const domains = [
  ...Array.from({ length: 4 }, () => ["example.org", "example.com", "example.net", "mail.example.com"]).flat(),
  "bücher.example",
  "schülerzeitung.example",
  "例え.テスト",
  "пример.испытание",
];

const answeredShare = 0.7;
const hardTextShare = 0.2;

export interface People {
  /** @returns what the next person submits: valid, in usual spelling, with an address that nobody had before */
  next(): Required<Submission>;
  /** @returns name and answers of one more person, for an address that is known already */
  content(): Omit<Required<Submission>, "email">;
  /** @returns what the next person asks for, as a property of a request; nothing where the event has no choice */
  inLanguage(): { readonly language?: Language };
}

export interface PeopleOptions {
  /** A whole number, 0 or more. Different seeds never make the same address. */
  readonly seed: number;
  /** Its required fields are always answered, others mostly. */
  readonly event: EventDefinition;
}

/**
 * The library has one generator of names for each language in this process. Two streams of people that are used in turns
 * still make different addresses, but not the same people as each alone.
 */
export function createPeople({ seed, event }: PeopleOptions): People {
  for (const [index, { faker }] of names.entries()) faker.seed([seed, index]);
  const dice = english;
  const tag = seed.toString(36);
  const hasChoice = hasChoiceOfLanguages(event);
  let made = 0;

  function nameOf(): string {
    const origin = namesOf[dice.number.int({ max: 99 })];
    if (origin === undefined) return dice.helpers.arrayElement(hardNames);
    const { faker, familyNameFirst = false } = origin;
    const sex = dice.datatype.boolean() ? "female" : "male";
    const both = [faker.person.firstName(sex), faker.person.lastName(sex)];
    return (familyNameFirst ? both.toReversed() : both).join(" ");
  }

  function answer(field: EventField): Answer {
    switch (field.type) {
      case "text":
        return fit(someText(), field.minLength ?? (field.required ? 1 : 0), textLength(field));
      case "email":
        return `contact.${made.toString(36)}@example.org`;
      case "number": {
        const minimum = field.minimum ?? Math.min(0, field.maximum ?? 0);
        const maximum = field.maximum ?? Math.max(minimum, 10);
        return field.integer
          ? dice.number.int({ min: Math.ceil(minimum), max: Math.floor(maximum) })
          : dice.number.float({ min: minimum, max: maximum });
      }
      case "select":
        return dice.helpers.arrayElement(field.options);
      case "choices": {
        const { options, minimum = field.required ? 1 : 0, maximum = options.length } = field;
        const chosen = new Set(dice.helpers.arrayElements(options, { min: minimum, max: maximum }));
        return options.filter((option) => chosen.has(option));
      }
      case "date": {
        const { earliest = field.latest ?? "1990-01-01", latest = field.earliest ?? "2040-12-31" } = field;
        return dice.date.between({ from: earliest, to: latest }).toISOString().slice(0, earliest.length);
      }
      case "telephone":
        // Numbers that Ofcom keeps for films: nobody has them.
        return `+44 20 7946 0${dice.string.numeric({ length: 3, allowLeadingZeros: true })}`;
      case "consent":
        return true;
      case "checkbox":
        return field.required === true || dice.datatype.boolean();
    }
  }

  function someText(): string {
    const hard = dice.datatype.boolean({ probability: hardTextShare });
    return hard ? dice.helpers.arrayElement(hardTexts) : dice.company.name();
  }

  function answersOf(): Required<Submission>["answers"] {
    const answers: Record<string, Answer> = {};
    for (const field of event.fields) {
      if (!isAsked(field.when, answers)) continue;
      if (field.required || dice.datatype.boolean({ probability: answeredShare })) answers[field.id] = answer(field);
    }
    return answers;
  }

  return {
    next() {
      made += 1;
      const name = nameOf();
      // Most people whose name has no Latin letters have an address in Latin letters.
      const local = latinOf(name) || latinOf(dice.person.firstName());
      const email = `${local}.${tag}-${made.toString(36)}@${dice.helpers.arrayElement(domains)}`;
      return { email, name, answers: answersOf() };
    },
    inLanguage: () => (hasChoice ? { language: dice.helpers.arrayElement(languagesOf(event)) } : {}),
    content: () => ({ name: nameOf(), answers: answersOf() }),
  };
}

function fit(text: string, minLength: number, maxLength: number): string {
  const characters = Array.from(text).slice(0, maxLength);
  return characters.join("") + ".".repeat(Math.max(0, minLength - characters.length));
}

/** Letters without a Unicode decomposition. */
const letters: Readonly<Record<string, string>> = { ß: "ss", ł: "l", ø: "o", æ: "ae", đ: "d", ð: "d", þ: "th", ı: "i" };
/** Leaves room for seed and number in the 64 characters that a local part may have. */
const maxLatinCharacters = 40;

/** @returns the text in the plain letters of an address; empty if it has no Latin letters */
function latinOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[ßłøæđðþı]/g, (letter) => letters[letter] ?? "")
    .normalize("NFD")
    .replace(/\s+/g, ".")
    .replace(/[^a-z0-9.]/g, "")
    .replace(/\.{2,}/g, ".")
    .slice(0, maxLatinCharacters)
    .replace(/^\.|\.$/g, "");
}
