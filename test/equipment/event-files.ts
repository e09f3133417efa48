/** The event files of docs/events, and for each what somebody answers who fills in its form. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadEvent, type EventDefinition } from "../../shared/registration/event-definition.ts";
import type { Answer } from "../../shared/registration/registration.ts";

const folder = join(import.meta.dirname, "..", "..", "docs", "events");

export type Answers = Readonly<Record<string, Answer>>;

export interface EventFile {
  readonly name: "conference" | "concert" | "open-day";
  readonly path: string;
  /** As in the file. */
  readonly event: EventDefinition;
  /** Content of its logo, if it names one. */
  readonly logo: string | undefined;
  /** Of somebody who is asked as much as possible. */
  readonly answers: Answers;
  /** Something wrong in each field of a kind that can be wrong, as somebody can type it. Empty: nothing is given. */
  readonly wrong: Answers;
}

function eventFile(name: EventFile["name"], answers: Answers, wrong: Answers): EventFile {
  const path = join(folder, `${name}.json`);
  const event = loadEvent(path);
  const logo = event.logo === undefined ? undefined : readFileSync(join(folder, event.logo), "utf8");
  return { name, path, event, logo, answers, wrong };
}

export const eventFiles: readonly EventFile[] = [
  eventFile(
    "conference",
    {
      days: "Both days",
      arrival: "2036-09-17",
      workshops: ["Testing with a screen reader", "Type that can be read"],
      loanLaptop: true,
      dinner: true,
      dinnerGuests: 1,
      lunch: "Vegetarian",
      dietaryNeeds: "Nuts – Erdnüsse",
      access: "A seat at the front.\nGerne am Gang.",
      organisation: "Förde & Söhne",
      mobile: "+49 431 12-34/56",
      certificateTo: "office@example.org",
      conduct: true,
      photos: true,
      newsletter: true,
    },
    {
      days: "Both days",
      arrival: "2036-09-21",
      workshops: ["Testing with a screen reader"],
      dinner: true,
      dinnerGuests: 7,
      mobile: "call me",
      certificateTo: "office",
      lunch: "",
      conduct: false,
    },
  ),
  eventFile("concert", { seats: 4, wheelchair: true, message: "Wir kommen mit drei Kindern." }, { seats: 9 }),
  eventFile(
    "open-day",
    {
      tour: "الساعة 11:30",
      interests: ["رياض الأطفال", "المكتبة"],
      adults: 2,
      children: 3,
      trialLesson: true,
      trialDay: "2036-03-10",
      birthday: "2030-05-21",
      telephone: "+20 2 1234 5678",
      questions: "هل توجد حافلة مدرسية؟\nIs there a school bus?",
      care: true,
      photos: true,
    },
    {
      tour: "",
      interests: ["رياض الأطفال", "فصول المرحلة الابتدائية", "المختبرات", "المكتبة"],
      adults: 0,
      children: 2.5,
      trialLesson: true,
      trialDay: "2036-03-15",
      birthday: "",
      telephone: "12",
      care: false,
    },
  ),
];

/** @returns the file of this name, open since an hour ago */
export function openNow({ event }: EventFile): EventDefinition {
  return { ...event, opensAt: new Date(Date.now() - 3_600_000).toISOString() };
}
