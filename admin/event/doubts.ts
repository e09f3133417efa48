/**
 * What is valid in an event file, and all the same hardly meant. `shared/registration/event-content.ts` has what is
 * wrong; here, whoever wrote the file decides.
 */
import { languages } from "../../shared/page/language.ts";
import type { ValidationError } from "../../shared/errors.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { textRoom } from "../../shared/registration/registration-size.ts";
import { zoneOffset } from "../../shared/registration/time-zone.ts";
import { fieldsOf, type AnyField } from "./event-changes.ts";

/** The same form as an error: a pointer, and what is doubtful there. */
export type Doubt = ValidationError;

const dayMs = 86_400_000;
const longestOpenMs = 366 * dayMs;
const longestEventMs = 31 * dayMs;
/** Of the room that texts have in a registration. */
const nearlyFull = 0.9;

const times = ["opensAt", "closesAt", "startsAt", "endsAt"] as const;

function timeDoubts(event: EventDefinition, now: number, isDeployed: boolean): Doubt[] {
  const doubts: Doubt[] = [];
  const at = (property: (typeof times)[number]) => Date.parse(event[property] ?? "");
  const doubt = (property: string, detail: string) => doubts.push({ pointer: `/${property}`, detail });
  for (const property of times) {
    const given = event[property];
    if (!given?.endsWith("Z")) continue;
    const offset = zoneOffset(event.timeZone, at(property));
    if (offset === "+00:00") continue;
    doubt(
      property,
      `is in UTC, and ${event.timeZone} has ${offset} then: write that offset if the time is a local one`,
    );
  }
  if (/^Etc\/GMT[+-]\d/i.test(event.timeZone)) {
    const offset = zoneOffset(event.timeZone, at("opensAt"));
    doubt("timeZone", `has the sign turned round, as these names do: it is UTC${offset}, all year`);
  }
  // NaN, of a time that is not given, compares with nothing.
  if (at("closesAt") <= now) doubt("closesAt", "is in the past: the page says that registration is closed");
  else if (at("opensAt") <= now && !isDeployed) {
    doubt("opensAt", "is in the past: registration is open as soon as this is deployed");
  }
  if (at("closesAt") - at("opensAt") > longestOpenMs)
    doubt("closesAt", "leaves registration open for more than a year");
  if (at("startsAt") <= now) doubt("startsAt", "is in the past");
  if (at("closesAt") > at("endsAt")) doubt("closesAt", "is after the end of the event");
  else if (at("closesAt") > at("startsAt")) doubt("closesAt", "is after the event has begun");
  if (at("endsAt") - at("startsAt") > longestEventMs) doubt("endsAt", "makes the event longer than a month");
  return doubts;
}

/** @returns a text without what readers overlook: case, punctuation, accents' spelling */
function gist(text: string): string {
  const kept = text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{S}]/gu, "");
  return kept === "" ? text : kept;
}

/** @returns the first index of a text that reads like an earlier one, with that one */
function alike(texts: readonly string[]): [index: number, earlier: string][] {
  const seen = new Map<string, string>();
  return texts.flatMap((text, index): [number, string][] => {
    const earlier = seen.get(gist(text));
    if (earlier !== undefined) return [[index, earlier]];
    seen.set(gist(text), text);
    return [];
  });
}

/** The page asks for both of everybody. */
const askedAnyway = /^(?:(?:your|full|ihr|dein) )*(?:e-?mail(?:[ -]?address|[ -]?adresse)?|name)[:*?]?$/i;
const marksByHand = /\*$|\((?:optional|required|freiwillig|pflichtfeld)\)$/i;
const placeholder = /^(?:[-–—.…]+|(?:please |bitte )?(?:choose|select|pick|(?:aus)?wählen)\b.*)$/i;

function fieldDoubts(field: AnyField, pointer: string): Doubt[] {
  const doubts: Doubt[] = [];
  const { label = "", type, required, options } = field;
  if (askedAnyway.test(label)) {
    doubts.push({ pointer: `${pointer}/label`, detail: "asks for what the page asks everybody: name and address" });
  }
  if (marksByHand.test(label)) {
    doubts.push({
      pointer: `${pointer}/label`,
      detail: "says by hand whether an answer is needed, and the page says it too",
    });
  }
  if (type === "number" && field["minimum"] !== undefined && field["minimum"] === field["maximum"]) {
    doubts.push({ pointer, detail: `allows one number only, ${JSON.stringify(field["minimum"])}` });
  }
  if (options === undefined) return doubts;
  if (options.length === 1 && type === "select") {
    const detail = required ? "offers no choice: there is one option, and it is required" : "has a single option";
    doubts.push({ pointer: `${pointer}/options`, detail });
  }
  for (const [index, option] of options.entries()) {
    if (!placeholder.test(option)) continue;
    const detail = `"${option}" can be chosen as an answer; the page has a line of its own for no choice yet`;
    doubts.push({ pointer: `${pointer}/options/${index}`, detail });
  }
  for (const [index, earlier] of alike(options)) {
    doubts.push({
      pointer: `${pointer}/options/${index}`,
      detail: `differs from "${earlier}" only in case or punctuation`,
    });
  }
  return doubts;
}

/** How long registrations are kept at all is not in the file, so it is not compared. */
function expiryDoubts(event: EventDefinition, now: number): Doubt[] {
  const ends = Date.parse(event.endsAt ?? event.startsAt ?? "");
  return event.fields.flatMap(({ expiresAt }, index): Doubt[] => {
    if (expiresAt === undefined) return [];
    const pointer = `/fields/${index}/expiresAt`;
    const at = Date.parse(expiresAt);
    if (at <= now) return [{ pointer, detail: "is in the past: answers are deleted as soon as this is deployed" }];
    if (at < ends) return [{ pointer, detail: "is before the end of the event: nobody there can look the answers up" }];
    return [];
  });
}

const noLanguage =
  `is missing: the page's own words come in each visitor's language, around texts that stay in yours. ` +
  `Give the language of your texts, one of ${languages.join(", ")}: then all of it comes in that one`;

function roomDoubts(event: EventDefinition): Doubt[] {
  const { asked, fitting } = textRoom(event);
  if (asked <= nearlyFull * fitting) return [];
  const detail = `allow texts of ${asked} of the ${fitting} characters that fit into one registration: there is hardly room for another`;
  return [{ pointer: "/fields", detail }];
}

/**
 * @param event a valid one
 * @param now milliseconds since the epoch
 * @param isDeployed whether it is compared with a deployment, so that registration may have opened
 */
export function findDoubts(event: EventDefinition, now: number, isDeployed: boolean): Doubt[] {
  const fields = fieldsOf(event);
  return [
    ...(event.language === undefined ? [{ pointer: "/language", detail: noLanguage }] : []),
    ...(event.description.trim() === "" ? [{ pointer: "/description", detail: "is empty" }] : []),
    ...timeDoubts(event, now, isDeployed),
    ...fields.flatMap((field, index) => fieldDoubts(field, `/fields/${index}`)),
    ...alike(fields.map(({ label = "" }) => label)).map(([index, earlier]) => ({
      pointer: `/fields/${index}/label`,
      detail: `reads like that of another field, "${earlier}"`,
    })),
    ...expiryDoubts(event, now),
    ...roomDoubts(event),
  ];
}
