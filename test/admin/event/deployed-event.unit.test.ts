import { CloudFormationClient, GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../../equipment/file-test.ts";
import { deployedFields, readDeployedFields } from "../../../admin/event/deployed-event.ts";
import { eventRecord } from "../../../infra/event-record.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";

const event = parseEvent({
  name: "Summit",
  description: "",
  opensAt: "2027-03-01T09:00:00Z",
  closesAt: "2027-03-20T18:00:00Z",
  timeZone: "Europe/Berlin",
  fields: [{ id: "ticket", type: "select", label: "Größe – 大小 🎟", options: ["Für beide Tage", "مساء"] }],
});

t.test("the fields come back from the template as they were deployed, though it keeps ASCII alone", async (t) => {
  const cloudFormation = mockClient(CloudFormationClient);
  t.teardown(() => cloudFormation.restore());
  const body = JSON.stringify({ Metadata: eventRecord(event), Resources: {} });
  t.match(body, /^[\x20-\x7e]*$/);
  cloudFormation.on(GetTemplateCommand).resolves({ TemplateBody: body });
  t.same(await readDeployedFields({ stack: "summit-test", region: "eu-central-1" }), { fields: event.fields });
});

t.test("a template of an earlier version, or one that recorded something else, tells nothing", async (t) => {
  for (const metadata of [undefined, {}, { "turnout:event-fields": "[1]" }, { "turnout:event-fields": [] }])
    t.equal(deployedFields(metadata), undefined);
});

t.test("fields that would fill the template are not recorded", async (t) => {
  const options = Array.from({ length: 300 }, (_, index) => `${index} ${"é".repeat(190)}`);
  const large = parseEvent({ ...event, fields: [{ ...event.fields[0], options }] });
  t.same(eventRecord(large), {});
});
