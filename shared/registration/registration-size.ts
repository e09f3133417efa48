/**
 * Size of an event's registrations. An event file whose answers could exceed a pack is rejected when loaded, not when
 * attendees submit; the body limit follows from it too.
 */
import { consentRecord, wordingsIn } from "./consent.ts";
import { maxEmailLength } from "./email-address.ts";
import type { EventDefinition, EventField } from "./event-definition.ts";
import { maxPackBytes, packFrameBytes } from "./registration-pack.ts";
import { defaultTextLength, maxNameLength } from "./registration.ts";

/**
 * The largest character, beyond the Basic Multilingual Plane: percent-encoded UTF-8 in a form, two `\uXXXX` escapes in
 * JSON and packs.
 */
const maxCharacterBytes = 12;
/** A number with sign, digits, point and exponent, or a tick's value. */
const maxPlainBytes = 32;
const maxTelephoneBytes = 96;
/** `answers.`, quotes and separators of an answer. */
const answerFrameBytes = 16;
/** Property names, id, time of acceptance, `replayOf` and punctuation. */
const frameBytes = 512;

/** Default maximum of a text of several lines. */
const defaultLinesLength = 1_000;

type TextField = Extract<EventField, { type: "text" }>;

/** @returns the most characters of a text */
export function textLength(field: Pick<TextField, "maxLength" | "multiline">): number {
  return field.maxLength ?? (field.multiline ? defaultLinesLength : defaultTextLength);
}

/** Longer texts are asked for on several lines. */
const longestLine = 200;

export function hasSeveralLines(field: Pick<TextField, "maxLength" | "multiline">): boolean {
  return field.multiline ?? textLength(field) > longestLine;
}

interface Room {
  /** For texts, at `maxCharacterBytes` each. */
  readonly characters: number;
  /** For everything else. */
  readonly bytes: number;
}

function total(event: EventDefinition, emailBytes: number): Room {
  let characters = maxNameLength;
  let bytes = frameBytes;
  for (const field of event.fields) {
    const room = roomOf(field, event, emailBytes);
    characters += room.characters;
    bytes += room.bytes + field.id.length + answerFrameBytes;
  }
  return { characters, bytes };
}

function percentEncodedBytes(text: string): number {
  return encodeURIComponent(text).length;
}

/** In the language in which it takes the most. */
function longestRecordBytes(event: EventDefinition, id: string): number {
  return Math.max(0, ...wordingsIn(event, id).map((wording) => percentEncodedBytes(consentRecord(wording))));
}

function roomOf(field: EventField, event: EventDefinition, emailBytes: number): Room {
  switch (field.type) {
    case "text":
      return { characters: textLength(field), bytes: 0 };
    case "email":
      return { characters: 0, bytes: emailBytes };
    case "select":
      return { characters: 0, bytes: Math.max(...field.options.map(percentEncodedBytes)) };
    case "choices": {
      // In a form each option has the field's name; in JSON quotes and a comma, which is less.
      const repeated = field.id.length + answerFrameBytes;
      const sizes = field.options.map((option) => percentEncodedBytes(option) + repeated).toSorted((a, b) => b - a);
      const most = sizes.slice(0, field.maximum ?? sizes.length);
      return { characters: 0, bytes: most.reduce((sum, size) => sum + size, 0) };
    }
    case "telephone":
      return { characters: 0, bytes: maxTelephoneBytes };
    case "consent":
      // Only in packs: what is sent is a tick.
      return { characters: 0, bytes: longestRecordBytes(event, field.id) };
    case "date":
    case "number":
    case "checkbox":
      return { characters: 0, bytes: maxPlainBytes };
  }
}

/**
 * @returns the maximum characters of the event's texts, the name included, and how many fit into a pack in any script
 */
export function textRoom(event: EventDefinition): { readonly asked: number; readonly fitting: number } {
  // In packs, addresses are in key form.
  const { characters, bytes } = total(event, maxEmailLength);
  const left = maxPackBytes - packFrameBytes - bytes - maxEmailLength;
  return { asked: characters, fitting: Math.floor(left / maxCharacterBytes) };
}

/** @returns bytes of the largest form post or compact JSON body within the event's limits */
export function largestBodyBytes(event: EventDefinition): number {
  const typedEmailBytes = maxCharacterBytes * maxEmailLength;
  const { characters, bytes } = total(event, typedEmailBytes);
  return characters * maxCharacterBytes + bytes + typedEmailBytes;
}
