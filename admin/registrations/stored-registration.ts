/** A registration as stored in the table and shown by commands. */
import { Type, type Static } from "typebox";

export const StoredRegistration = Type.Object(
  {
    email: Type.String(),
    registrationId: Type.String(),
    name: Type.String(),
    answers: Type.Record(
      Type.String(),
      Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Array(Type.String())]),
      { description: "several chosen options are an array; of a consent the hash and the wording" },
    ),
    submittedAt: Type.String({ description: "when it was accepted: ISO 8601, UTC" }),
    storedAt: Type.String({ description: "when it reached the table: ISO 8601, UTC" }),
    language: Type.Optional(Type.String({ description: "of the page and the mails: a language tag" })),
    changedAt: Type.Optional(Type.String({ description: "of the latest correction: ISO 8601, UTC" })),
    mailbox: Type.Optional(
      Type.Boolean({ description: "it was corrected through a link from a mail, then or before" }),
    ),
    expiresAt: Type.Optional(Type.Integer({ description: "when the table forgets it: seconds since the epoch" })),
  },
  { additionalProperties: false },
);

export type StoredRegistration = Static<typeof StoredRegistration>;

export const storedAttributes = Object.keys(StoredRegistration.properties);
