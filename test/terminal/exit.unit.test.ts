import { t } from "../equipment/file-test.ts";
import { exitCodeOf, exitCodes, explain } from "../../terminal/exit.ts";
import { TurnoutError } from "../../shared/errors.ts";

/** An error as the SDK throws it. */
function awsError(name: string, message: string, status = 400): Error {
  return Object.assign(new Error(message), { name, $fault: "client", $metadata: { httpStatusCode: status } });
}

t.test("what makes no sense is usage, everything else has failed", async (t) => {
  t.equal(exitCodeOf(new TurnoutError("TURNOUT_LEDGER_INVALID", "")), exitCodes.usage);
  t.equal(exitCodeOf(new TurnoutError("TURNOUT_DEPLOYMENT_UNKNOWN", "")), exitCodes.usage);
  t.equal(exitCodeOf(new TurnoutError("TURNOUT_INTERRUPTED", "")), exitCodes.failed);
  t.equal(exitCodeOf(awsError("AccessDeniedException", "no")), exitCodes.failed);
  t.equal(exitCodeOf("thrown text"), exitCodes.failed);
});

t.test("an error of AWS is told with what to do about it", async (t) => {
  const denied = awsError("AccessDeniedException", "User x is not authorized to perform: sqs:ReceiveMessage");
  t.match(explain(denied), /sqs:ReceiveMessage[\s\S]*--profile/);
  t.match(explain(awsError("CredentialsProviderError", "Could not load credentials")), "no valid AWS credentials");
  t.match(explain(awsError("ExpiredTokenException", "The security token expired")), "no valid AWS credentials");
  t.match(explain(awsError("ResourceNotFoundException", "Table: x not found")), "does not exist");
  t.match(explain(awsError("ThrottlingException", "Rate exceeded")), "throttles");
  t.match(explain(new Error("Region is missing")), "--region");
});

t.test("a rejected connection is told, however deep the network has hidden it", async (t) => {
  const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
  const several = Object.assign(new AggregateError([refused], ""), { code: "ECONNREFUSED" });
  t.match(explain(several), /ECONNREFUSED 127\.0\.0\.1:1[\s\S]*does not answer/);
});

t.test("what is ours is told word for word, with its code", async (t) => {
  const error = new TurnoutError("TURNOUT_USAGE_INVALID", "Give an address like name@example.org.");
  t.equal(explain(error), "Give an address like name@example.org.\n(TURNOUT_USAGE_INVALID)");
});

t.test("no explanation holds a stack, or an address that came from outside", async (t) => {
  const errors = [
    new Error("ann@example.org was rejected"),
    awsError("ValidationException", "key ann@example.org"),
    "ann@example.org",
  ];
  for (const error of errors) {
    t.notMatch(explain(error), /ann@example\.org/);
    t.notMatch(explain(error), /^\s+at /m);
  }
});
