import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { StoredRegistration, storedAttributes } from "../../../admin/registrations/stored-registration.ts";

t.test("it is what the worker writes", async (t) => {
  const item = {
    email: "ann@example.org",
    registrationId: "id-1",
    name: "Ann",
    answers: { guests: 2, newsletter: true, note: "x" },
    submittedAt: "2026-01-01T09:00:00.000Z",
    storedAt: "2026-01-01T09:00:01.000Z",
  };
  const validator = Compile(StoredRegistration);
  t.ok(validator.Check(item));
  const optional = { expiresAt: 1_800_000_000, language: "de", changedAt: item.storedAt, mailbox: true };
  t.ok(validator.Check({ ...item, ...optional }));
  t.notOk(validator.Check({ ...item, name: undefined }));
  t.same(new Set(storedAttributes), new Set([...Object.keys(item), ...Object.keys(optional)]));
});
