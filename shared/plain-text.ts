/**
 * Which characters a text from an attendee may hold: those of XML 1.0, which are also those that SQS takes in a message
 * body (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html). Everything else,
 * NUL, escape and other control characters, lone surrogates, U+FFFE and U+FFFF, is refused at the door, so nothing
 * that a terminal, a spreadsheet or a queue would choke on is ever stored.
 */

const printable = String.raw`\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}`;

/** A JSON Schema pattern (read with the `u` flag, as the specification asks) for text of any number of lines. */
export const plainTextPattern = String.raw`^[\t\n\r${printable}]*$`;

/** The same for a text of one line that is not blank. */
export const plainLinePattern = String.raw`^(?=.*\S)[${printable}]*$`;
