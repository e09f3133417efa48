/** The sender of mails as configured, `Name <address>` or an address, and as it stands in a mail (RFC 5322, RFC 2047). */

export interface Sender {
  readonly name: string;
  readonly address: string;
}

/** Bytes of text in an encoded word: with its frame it has at most 75 characters. */
const encodedWordBytes = 45;
const plainWords = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*$/;
const ascii = /^[\x20-\x7e]*$/;

export function parseSender(from: string): Sender {
  const named = /^(.*)<([^<>]+)>$/.exec(from.trim());
  const [, name = "", address = from.trim()] = named ?? [];
  return { name: name.trim().replace(/^"(.*)"$/, "$1"), address };
}

function encodedWords(text: string): string {
  const words: string[] = [""];
  for (const character of text) {
    const longer = (words.at(-1) ?? "") + character;
    if (Buffer.byteLength(longer) > encodedWordBytes) words.push(character);
    else words[words.length - 1] = longer;
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString("base64")}?=`).join(" ");
}

/** @returns the sender with a name of any characters, in ASCII */
export function encodeSender(from: string): string {
  const { name, address } = parseSender(from);
  if (name === "") return address;
  if (plainWords.test(name)) return `${name} <${address}>`;
  const quoted = ascii.test(name) ? `"${name.replaceAll(/["\\]/g, "\\$&")}"` : encodedWords(name);
  return `${quoted} <${address}>`;
}
