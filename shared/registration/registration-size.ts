/**
 * How large the registrations of an event can be. An event file whose answers could not travel is rejected when it is
 * loaded, so that nobody fills in a form and is told afterwards that it was too much; and the body limit follows from it.
 */
import { maxEmailLength } from "./email-address.ts";
import type { EventDefinition, EventField } from "./event-definition.ts";
import { maxPackBytes, packFrameBytes } from "./registration-pack.ts";
import { defaultTextLength, maxNameLength } from "./registration.ts";

/**
 * One character at its largest, outside of the Basic Multilingual Plane: percent-encoded UTF-8 in a form, two `\uXXXX`
 * escapes in JSON and in a pack.
 */
const maxCharacterBytes = 12;
/** A number with sign, digits, point and exponent, or the word for a tick. */
const maxPlainBytes = 32;
/** `answers.`, quotation marks and signs around one answer. */
const answerFrameBytes = 16;
/** Property names, id, moment of acceptance, `replayOf` and punctuation. */
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
 * @returns how many characters the event's texts, the name among them, may have in all, and how many fit into one pack
 *   beside the other answers, whatever script they are written in
 */
export function textRoom(event: EventDefinition): { readonly asked: number; readonly fitting: number } {
  // In a pack, an address is in its key form.
  const { characters, bytes } = total(event, maxEmailLength);
  const left = maxPackBytes - packFrameBytes - bytes - maxEmailLength;
  return { asked: characters, fitting: Math.floor(left / maxCharacterBytes) };
}

/** @returns bytes of the largest form post or JSON body without blanks that the event's limits allow */
export function largestBodyBytes(event: EventDefinition): number {
  const typedEmailBytes = maxCharacterBytes * maxEmailLength;
  const { characters, bytes } = total(event, typedEmailBytes);
  return characters * maxCharacterBytes + bytes + typedEmailBytes;
}
