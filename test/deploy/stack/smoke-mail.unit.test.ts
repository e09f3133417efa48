import { DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import type { StoredRegistration } from "../../../admin/registrations/stored-registration.ts";
import { t } from "../../equipment/file-test.ts";
import { findConfirmation } from "../../../deploy/stack/smoke-mail.ts";

const tables = mockClient(DynamoDBDocumentClient);
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: "eu-central-1" }));
t.teardown(() => {
  tables.restore();
  documents.destroy();
});

t.test("a confirmation is found by the id of the registration that stands under the address", async (t) => {
  const stored = { email: "verify@example.org", registrationId: "smoke-1" } as StoredRegistration;
  tables.on(GetCommand, { TableName: "mails", Key: { id: "confirmed/smoke-1" } }).resolves({
    Item: { id: "confirmed/smoke-1", outcome: "sent" },
  });
  const find = (found: StoredRegistration | undefined) =>
    findConfirmation("verify@example.org", documents, "mails", { find: () => Promise.resolve(found) });
  t.match(await find(stored), { outcome: "sent" });
  t.equal(await find(undefined), undefined, "nothing is stored yet");
  tables.on(GetCommand).resolves({});
  t.equal(await find(stored), undefined, "nothing is recorded yet");
});
