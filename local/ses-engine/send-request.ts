/**
 * The bodies of SendEmail and SendBulkEmail, as the SDK sends them, reduced to what both have in common. Fields that
 * Turnout does not use are ignored; stored templates and raw messages are refused.
 */
import { Type, type Static, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { sesLimits } from "../../shared/aws/aws-limits.ts";
import { readValues, type Values } from "./placeholders.ts";
import type { Attachment, Header, MailContent } from "./sent-mail.ts";
import { SesError } from "./ses-error.ts";

export interface OutgoingEntry {
  /** Addresses of To, Cc and Bcc, as given. */
  readonly to: readonly string[];
  /** Undefined when they are no JSON object. */
  readonly values: Values | undefined;
  readonly headers: readonly Header[];
}

export interface OutgoingCall {
  /** With its display name. */
  readonly from: string;
  readonly replyTo: readonly string[];
  readonly content: MailContent;
  /** At least one. */
  readonly entries: readonly OutgoingEntry[];
}

const text = Type.String();
const headers = Type.Optional(Type.Array(Type.Object({ Name: text, Value: text })));
const attachments = Type.Optional(
  Type.Array(Type.Object({ FileName: text, RawContent: text, ContentType: Type.Optional(text) })),
);
const addresses = Type.Optional(Type.Array(text));
const destination = Type.Object({ ToAddresses: addresses, CcAddresses: addresses, BccAddresses: addresses });
const template = Type.Object({
  TemplateName: Type.Optional(text),
  TemplateArn: Type.Optional(text),
  TemplateContent: Type.Optional(
    Type.Object({ Subject: Type.Optional(text), Text: Type.Optional(text), Html: Type.Optional(text) }),
  ),
  TemplateData: Type.Optional(text),
  Headers: headers,
  Attachments: attachments,
});
const sender = { FromEmailAddress: Type.Optional(text), ReplyToAddresses: addresses };
const part = Type.Object({ Data: text });

const BulkBody = Type.Object({
  ...sender,
  DefaultContent: Type.Object({ Template: template }),
  BulkEmailEntries: Type.Array(
    Type.Object({
      Destination: destination,
      ReplacementEmailContent: Type.Optional(
        Type.Object({
          ReplacementTemplate: Type.Optional(Type.Object({ ReplacementTemplateData: Type.Optional(text) })),
        }),
      ),
      ReplacementHeaders: headers,
    }),
    { minItems: 1 },
  ),
});

const SimpleBody = Type.Object({
  ...sender,
  Destination: destination,
  Content: Type.Object({
    Simple: Type.Optional(
      Type.Object({
        Subject: part,
        Body: Type.Object({ Text: Type.Optional(part), Html: Type.Optional(part) }),
        Headers: headers,
        Attachments: attachments,
      }),
    ),
    Template: Type.Optional(template),
  }),
});

const bulkValidator = Compile(BulkBody);
const simpleValidator = Compile(SimpleBody);

type Template = Static<typeof template>;

function refuse(message: string): never {
  throw new SesError("BadRequestException", message);
}

interface Validator {
  Check(value: unknown): boolean;
  Errors(value: unknown): readonly { readonly instancePath: string; readonly message: string }[];
}

function checked<S extends TSchema>(validator: Validator, body: unknown): Static<S> {
  if (validator.Check(body)) return body as Static<S>;
  const [error] = validator.Errors(body);
  return refuse(`${error?.instancePath || "The body"} ${error?.message ?? "is invalid"}`);
}

const headerName = /^[!-9;-~]+$/;
const headerValue = /^[ -~]*$/;

function readHeaders(given: Static<typeof headers> = []): Header[] {
  return given.map(({ Name: name, Value: value }) => {
    const { maxHeaderNameCharacters, maxHeaderValueCharacters } = sesLimits;
    if (!headerName.test(name) || name.length > maxHeaderNameCharacters) refuse(`Invalid header name: ${name}`);
    if (!headerValue.test(value) || value.length > maxHeaderValueCharacters) refuse(`Invalid value of header ${name}`);
    return { name, value };
  });
}

function readAttachments(given: Static<typeof attachments> = []): Attachment[] {
  return given.map(({ FileName, RawContent, ContentType }) => ({
    name: FileName,
    type: ContentType ?? "application/octet-stream",
    content: Buffer.from(RawContent, "base64"),
  }));
}

function readTemplate({ TemplateName, TemplateArn, TemplateContent, Headers, Attachments }: Template): MailContent {
  const named = TemplateName ?? TemplateArn;
  if (named !== undefined) throw new SesError("NotFoundException", `Template ${named} does not exist.`);
  const { Subject, Text, Html } = TemplateContent ?? {};
  if (Subject === undefined) return refuse("The template has no subject.");
  if (Text === undefined && Html === undefined) return refuse("The template has neither a text nor an HTML part.");
  return {
    subject: Subject,
    ...(Text !== undefined && { text: Text }),
    ...(Html !== undefined && { html: Html }),
    headers: readHeaders(Headers),
    attachments: readAttachments(Attachments),
  };
}

function addressesOf({ ToAddresses = [], CcAddresses = [], BccAddresses = [] }: Static<typeof destination>): string[] {
  return [...ToAddresses, ...CcAddresses, ...BccAddresses];
}

function senderOf(body: { FromEmailAddress?: string; ReplyToAddresses?: string[] }) {
  const { FromEmailAddress: from = "", ReplyToAddresses: replyTo = [] } = body;
  if (from === "") refuse("FromEmailAddress is missing, and this SES knows no identity to take it from.");
  return { from, replyTo };
}

/** @throws SesError when the call as a whole is invalid */
export function readBulkCall(body: unknown): OutgoingCall {
  const valid = checked<typeof BulkBody>(bulkValidator, body);
  const { Template: given } = valid.DefaultContent;
  const { BulkEmailEntries: entries } = valid;
  if (entries.length > sesLimits.maxBulkEntries) {
    refuse(`BulkEmailEntries has ${entries.length} members; allowed are ${sesLimits.maxBulkEntries}.`);
  }
  const defaults = readValues(given.TemplateData) ?? refuse("TemplateData is not a JSON object.");
  return {
    ...senderOf(valid),
    content: readTemplate(given),
    entries: entries.map(({ Destination, ReplacementEmailContent, ReplacementHeaders }) => {
      const values = readValues(ReplacementEmailContent?.ReplacementTemplate?.ReplacementTemplateData);
      return {
        to: addressesOf(Destination),
        values: values && { ...defaults, ...values },
        headers: readHeaders(ReplacementHeaders),
      };
    }),
  };
}

/** @throws SesError when the call is invalid */
export function readSimpleCall(body: unknown): OutgoingCall {
  const valid = checked<typeof SimpleBody>(simpleValidator, body);
  const { Simple: simple, Template: given } = valid.Content;
  const to = addressesOf(valid.Destination);
  if (given !== undefined) {
    const values = readValues(given.TemplateData) ?? refuse("TemplateData is not a JSON object.");
    return { ...senderOf(valid), content: readTemplate(given), entries: [{ to, values, headers: [] }] };
  }
  if (simple === undefined) return refuse("The content is neither simple nor an inline template.");
  const { Text, Html } = simple.Body;
  if (Text === undefined && Html === undefined) return refuse("The message has no body.");
  const content: MailContent = {
    subject: simple.Subject.Data,
    ...(Text !== undefined && { text: Text.Data }),
    ...(Html !== undefined && { html: Html.Data }),
    headers: readHeaders(simple.Headers),
    attachments: readAttachments(simple.Attachments),
    literal: true,
  };
  return { ...senderOf(valid), content, entries: [{ to, values: {}, headers: [] }] };
}
