import { t } from "../../equipment/file-test.ts";
import { kindOf, type AwsErrorKind } from "../../../shared/aws/aws-error.ts";
import { describeSystemError, type Operation } from "../../../shared/process/system-error.ts";

const insertion: Operation = {
  action: "dynamodb:PartiQLInsert",
  resource: "registrations",
  construct: "Roles/WorkerRole",
};

t.test("an error says what happened, to what, and what to mend, in one line", async (t) => {
  const said = "User: arn:aws:sts::1:assumed-role/worker is not authorized to perform: dynamodb:PartiQLInsert";
  const denied = Object.assign(new Error(said), { name: "AccessDeniedException" });
  const error = describeSystemError(kindOf(denied), insertion, denied);
  t.match(error, { kind: "access-denied", action: "dynamodb:PartiQLInsert", resource: "registrations" });
  for (const part of ["dynamodb:PartiQLInsert", "registrations", "Roles/WorkerRole", said]) {
    t.ok(error.message.includes(part), part);
  }
  t.notMatch(error.message, /\n/);
});

t.test("no error quotes an address, whatever AWS quotes", async (t) => {
  const error = new Error("Value ada.lovelace@example.org at 'statements.1.member.parameters' failed");
  t.notMatch(describeSystemError("rejected", insertion, error).message, /ada|example\.org/);
  t.notMatch(describeSystemError("rejected", insertion, "ValidationError: ada@example.org").message, /ada@/);
});

t.test("every kind has a remedy that names what to check", async (t) => {
  const kinds: AwsErrorKind[] = [
    "access-denied",
    "missing-resource",
    "credentials",
    "clock",
    "throttled",
    "unreachable",
    "rejected",
  ];
  for (const kind of kinds) {
    const { message } = describeSystemError(kind, insertion, new Error("said"));
    t.match(message, /registrations|Roles\/WorkerRole|clock/, message);
  }
});
