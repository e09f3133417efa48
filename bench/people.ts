/**
 * The people who register in the benchmark: made from a number, so that every process of it can make the same person, and
 * the fake AWS can tell from an address who it was.
 */
import type { Registration } from "../shared/registration/registration.ts";
import type { Submission } from "../shared/registration/submission-schema.ts";

/** A third of the names leave Latin-1, as in any larger crowd: a pack with one of them is a wider string. */
const names = ["Ada Lovelace", "Łukasz Nowak", "Zoë Müller", "Nguyễn Thị Hoa", "Grace Hopper", "José García Márquez"];
const organisations = ["Example Ltd", "Universität Beispielstadt", "Association of the North", ""];
const tickets = ["Both days", "Friday only", "Saturday only"];

function pick<T>(list: readonly T[], index: number): T {
  const picked = list[index % list.length];
  if (picked === undefined) throw new Error("nothing to pick from");
  return picked;
}

export function addressOf(person: number): string {
  return `person-${person}@example.org`;
}

/** @returns the number of the person with this address, -1 when the benchmark has no such person */
export function personOf(address: string): number {
  const match = /^person-(\d+)@example\.org$/.exec(address);
  return match?.[1] === undefined ? -1 : Number(match[1]);
}

/** @returns what this person sends, about 170 bytes of JSON */
export function submissionOf(person: number): Required<Submission> {
  return {
    email: addressOf(person),
    name: pick(names, person),
    answers: {
      ticket: pick(tickets, person),
      organisation: pick(organisations, person),
      guests: person % 5,
      newsletter: person % 2 === 0,
    },
  };
}

/** @returns the same as it stands on the queue */
export function registrationOf(person: number): Registration {
  const id = `00000000-0000-4000-8000-${String(person).padStart(12, "0")}`;
  return { id, ...submissionOf(person), submittedAt: new Date().toISOString() };
}
