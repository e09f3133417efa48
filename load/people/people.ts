/**
 * Made-up people who register: names of many languages and scripts, each with an address of its own under a domain that
 * is reserved for examples (RFC 2606, RFC 6761), so that nobody real is ever written to. The same seed makes the same
 * people, in the same order.
 */
import { faker as arabic } from "@faker-js/faker/locale/ar";
import { faker as armenian } from "@faker-js/faker/locale/hy";
import { faker as czech } from "@faker-js/faker/locale/cs_CZ";
import { faker as english } from "@faker-js/faker/locale/en";
import { faker as french } from "@faker-js/faker/locale/fr";
import { faker as georgian } from "@faker-js/faker/locale/ka_GE";
import { faker as german } from "@faker-js/faker/locale/de";
import { faker as greek } from "@faker-js/faker/locale/el";
import { faker as hebrew } from "@faker-js/faker/locale/he";
import { faker as hungarian } from "@faker-js/faker/locale/hu";
import { faker as japanese } from "@faker-js/faker/locale/ja";
import { faker as korean } from "@faker-js/faker/locale/ko";
import { faker as maldivian } from "@faker-js/faker/locale/dv";
import { faker as nepali } from "@faker-js/faker/locale/ne";
import { faker as norwegian } from "@faker-js/faker/locale/nb_NO";
import { faker as persian } from "@faker-js/faker/locale/fa";
import { faker as polish } from "@faker-js/faker/locale/pl";
import { faker as russian } from "@faker-js/faker/locale/ru";
import { faker as simplifiedChinese } from "@faker-js/faker/locale/zh_CN";
import { faker as spanish } from "@faker-js/faker/locale/es";
import { faker as thai } from "@faker-js/faker/locale/th";
import { faker as traditionalChinese } from "@faker-js/faker/locale/zh_TW";
import { faker as turkish } from "@faker-js/faker/locale/tr";
import { faker as ukrainian } from "@faker-js/faker/locale/uk";
import { faker as vietnamese } from "@faker-js/faker/locale/vi";
import type { EventDefinition, EventField } from "../../shared/registration/event-definition.ts";
import type { Submission } from "../../shared/registration/submission-schema.ts";

/** How the two parts of a name are put together. */
type Order = "given first" | "family first" | "family first, unspaced";

interface Language {
  readonly faker: typeof english;
  readonly order: Order;
  /** How many of a hundred or so people. */
  readonly weight: number;
}

const given = "given first";
const family = "family first";
const unspaced = "family first, unspaced";

const languages: readonly Language[] = [
  { faker: english, order: given, weight: 24 },
  { faker: german, order: given, weight: 14 },
  { faker: french, order: given, weight: 7 },
  { faker: spanish, order: given, weight: 7 },
  { faker: polish, order: given, weight: 5 },
  { faker: czech, order: given, weight: 3 },
  { faker: norwegian, order: given, weight: 3 },
  { faker: hungarian, order: family, weight: 2 },
  { faker: turkish, order: given, weight: 4 },
  { faker: vietnamese, order: family, weight: 4 },
  { faker: russian, order: given, weight: 3 },
  { faker: ukrainian, order: given, weight: 3 },
  { faker: greek, order: given, weight: 2 },
  { faker: armenian, order: given, weight: 1 },
  { faker: georgian, order: given, weight: 1 },
  { faker: arabic, order: given, weight: 4 },
  { faker: hebrew, order: given, weight: 2 },
  { faker: persian, order: given, weight: 2 },
  { faker: maldivian, order: given, weight: 1 },
  { faker: nepali, order: given, weight: 2 },
  { faker: thai, order: given, weight: 2 },
  { faker: japanese, order: family, weight: 4 },
  { faker: korean, order: unspaced, weight: 3 },
  { faker: simplifiedChinese, order: unspaced, weight: 4 },
  { faker: traditionalChinese, order: unspaced, weight: 2 },
];
const deck = languages.flatMap((language) => Array.from({ length: language.weight }, () => language));

/** Characters beyond the Basic Multilingual Plane, as some families write their names. */
const rareCharacters: Readonly<Record<string, string>> = { 吉: "𠮷", 土: "𡈽", 橋: "𣘺" };

const domains = [
  ...Array.from({ length: 4 }, () => ["example.org", "example.com", "example.net", "mail.example.com"]).flat(),
  "bücher.example",
  "schülerzeitung.example",
  "例え.テスト",
  "пример.испытание",
];

const answeredShare = 0.7;
const defaultMaxCharacters = 200;

export interface People {
  /** @returns what the next person sends: valid, tidy, and with an address that nobody before had */
  next(): Required<Submission>;
  /** @returns name and answers of one more person, to go with an address that there is already */
  content(): Omit<Required<Submission>, "email">;
}

export interface PeopleOptions {
  /** A whole number, 0 or more. Addresses of different seeds never meet. */
  readonly seed: number;
  /** Whose fields are answered: required ones always, others mostly. */
  readonly event: EventDefinition;
}

/**
 * The generators of names are the library's own, one for each language, shared by this process: two streams of people
 * that are drawn from in turns are still unique, but no longer what their seeds alone would give.
 */
export function createPeople({ seed, event }: PeopleOptions): People {
  for (const [index, { faker }] of languages.entries()) faker.seed([seed, index]);
  const dice = english;
  const tag = seed.toString(36);
  let made = 0;

  function nameOf({ faker, order }: Language): { name: string; latin: string } {
    const sex = dice.datatype.boolean() ? "female" : "male";
    const first = faker.person.firstName(sex);
    const last = faker.person.lastName(sex);
    if (order === given) return { name: `${first} ${last}`, latin: latinOf(`${first}.${last}`) };
    const name = order === unspaced ? `${last}${first}` : `${last} ${first}`;
    const rare = dice.datatype.boolean({ probability: 0.2 }) ? (rareCharacters[name.charAt(0)] ?? "") : "";
    return { name: rare === "" ? name : rare + name.slice(1), latin: latinOf(`${last}.${first}`) };
  }

  function answer(field: EventField): string | number | boolean {
    switch (field.type) {
      case "text":
        return fit(dice.company.name(), field.minLength ?? (field.required ? 1 : 0), field.maxLength);
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
      case "checkbox":
        return field.required === true || dice.datatype.boolean();
    }
  }

  function answersOf(): Required<Submission>["answers"] {
    const answers: Record<string, string | number | boolean> = {};
    for (const field of event.fields) {
      if (field.required || dice.datatype.boolean({ probability: answeredShare })) answers[field.id] = answer(field);
    }
    return answers;
  }

  return {
    next() {
      made += 1;
      const { name, latin } = nameOf(dice.helpers.arrayElement(deck));
      // Who has no Latin letters in the name has some in the address all the same, as most people do.
      const local = latin === "" ? latinOf(`${dice.person.firstName()}${dice.number.int({ max: 99 })}`) : latin;
      const email = `${local}.${tag}-${made.toString(36)}@${dice.helpers.arrayElement(domains)}`;
      return { email, name, answers: answersOf() };
    },
    content: () => ({ name: nameOf(dice.helpers.arrayElement(deck)).name, answers: answersOf() }),
  };
}

function fit(text: string, minLength: number, maxLength = defaultMaxCharacters): string {
  return text.padEnd(minLength, ".").slice(0, maxLength);
}

/** Letters that no decomposition takes apart. */
const letters: Readonly<Record<string, string>> = { ß: "ss", ł: "l", ø: "o", æ: "ae", đ: "d", ð: "d", þ: "th", ı: "i" };
/** Leaves room for the tag and the number in the 64 characters that a local part may have. */
const maxLatinCharacters = 40;

/** @returns the text in the plain letters of an address; empty where it has none of the Latin script */
function latinOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[ßłøæđðþı]/g, (letter) => letters[letter] ?? "")
    .normalize("NFD")
    .replace(/[^a-z0-9.]/g, "")
    .replace(/\.{2,}/g, ".")
    .slice(0, maxLatinCharacters)
    .replace(/^\.|\.$/g, "");
}
