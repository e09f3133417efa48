/**
 * Size of an event's registrations. An event file whose answers could exceed a pack is rejected when loaded, not when
 * attendees submit; the body limit follows from it too.
 */
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
/** `answers.`, quotes and separators of an answer. */
const answerFrameBytes = 16;
/** Property names, id, time of acceptance, `replayOf` and punctuation. */
const frameBytes = 512;

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
    const room = roomOf(field, emailBytes);
    characters += room.characters;
    bytes += room.bytes + field.id.length + answerFrameBytes;
  }
  return { characters, bytes };
}

function percentEncodedBytes(text: string): number {
  return encodeURIComponent(text).length;
}

function roomOf(field: EventField, emailBytes: number): Room {
  switch (field.type) {
    case "text":
      return { characters: field.maxLength ?? defaultTextLength, bytes: 0 };
    case "email":
      return { characters: 0, bytes: emailBytes };
    case "select":
      return { characters: 0, bytes: Math.max(...field.options.map(percentEncodedBytes)) };
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
