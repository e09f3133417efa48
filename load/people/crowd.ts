/**
 * A realistic crowd: most people register once; some write their address with odd capitals or blanks around it, some
 * register again, some click twice.
 */
import { faker as dice } from "@faker-js/faker/locale/en";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import type { LoadItem } from "./load-item.ts";
import { createPeople } from "./people.ts";

export interface CrowdOptions {
  /** Requests in all, second clicks included. */
  readonly count: number;
  readonly seed: number;
  readonly event: EventDefinition;
}

/** Of a hundred requests; the others are first registrations. */
export const crowdShares = { secondRegistrations: 5, secondClicks: 3, oddSpellings: 10 } as const;

/** Only recent people register again, so that both requests may be under way at once. */
const rememberedPeople = 1_000;

/** @returns the requests in the order in which they are to be sent; the two of a double click follow each other */
export function* createCrowd({ count, seed, event }: CrowdOptions): Generator<LoadItem, void, undefined> {
  const people = createPeople({ seed, event });
  const remembered: string[] = [];
  const happens = (percent: number) => dice.datatype.boolean({ probability: percent / 100 });
  const spelled = (email: string) => (happens(crowdShares.oddSpellings) ? spellOddly(email) : email);
  for (let sent = 0; sent < count; sent += 1) {
    const idempotencyKey = dice.string.uuid();
    const again = remembered.length > 0 && happens(crowdShares.secondRegistrations);
    if (again) {
      const email = spelled(dice.helpers.arrayElement(remembered));
      const submission = { email, ...people.content() };
      yield { submission, idempotencyKey, kind: "second registration", ...people.inLanguage() };
      continue;
    }
    const person = people.next();
    if (remembered.length < rememberedPeople) remembered.push(person.email);
    else remembered[sent % rememberedPeople] = person.email;
    const submission = { ...person, email: spelled(person.email) };
    const inLanguage = people.inLanguage();
    yield { submission, idempotencyKey, kind: "first registration", ...inLanguage };
    if (sent + 1 < count && happens(crowdShares.secondClicks)) {
      sent += 1;
      yield { submission, idempotencyKey, kind: "second click", ...inLanguage };
    }
  }
}

const blanks = [" ", "  ", "\t", "\u00a0"];

export function spellOddly(email: string): string {
  const capitals = email.replace(/./gu, (letter) => (dice.datatype.boolean() ? capital(letter) : letter));
  const blank = () => (dice.datatype.boolean() ? dice.helpers.arrayElement(blanks) : "");
  return `${blank()}${capitals}${blank()}`;
}

/** Leaves a letter whose capital has another lower case: "ß" becomes "SS". */
function capital(letter: string): string {
  const large = letter.toUpperCase();
  return large.toLowerCase() === letter ? large : letter;
}
