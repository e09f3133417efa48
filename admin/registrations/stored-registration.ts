/** A registration as stored in the table and shown by commands. */
import { Type, type Static } from "typebox";

export const StoredRegistration = Type.Object(
  {
    email: Type.String(),
    registrationId: Type.String(),
    name: Type.String(),
    answers: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
    submittedAt: Type.String({ description: "when it was accepted: ISO 8601, UTC" }),
    storedAt: Type.String({ description: "when it reached the table: ISO 8601, UTC" }),
    expiresAt: Type.Optional(Type.Integer({ description: "when the table forgets it: seconds since the epoch" })),
  },
  { additionalProperties: false },
);

export type StoredRegistration = Static<typeof StoredRegistration>;

export const storedAttributes = Object.keys(StoredRegistration.properties);
