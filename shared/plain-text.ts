/**
 * Which characters a text from an attendee may hold: those of XML 1.0, which are also those that SQS takes in a message
 * body (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html), without the control
 * characters that both allow (U+007F to U+009F; U+009B starts a command on many terminals). Everything else, NUL, escape,
 * lone surrogates, U+FFFE and U+FFFF, is refused at the door, so nothing that a terminal, a spreadsheet or a queue would
 * choke on is ever stored.
 */

/** Without U+2028 and U+2029, which end a line as a line feed does. */
const onOneLine = String.raw`\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}`;

/** A JSON Schema pattern (read with the `u` flag, as the specification asks) for text of any number of lines. */
export const plainTextPattern = String.raw`^[\t\n\r\u2028\u2029${onOneLine}]*$`;
export const plainTextRule = "text without control characters";

/** The same for a text of one line in which something can be seen: not only blanks and invisible format characters. */
export const plainLinePattern = String.raw`^(?=.*[^\s\p{Cf}])[${onOneLine}]*$`;
export const plainLineRule = "one line of text without control characters, in which something can be seen";
