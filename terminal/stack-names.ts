/** Names of deployed stacks: which one was meant, where there is none of the name that was given. */
import { paginateDescribeStacks, type CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { TurnoutError } from "../shared/errors.ts";

/** As in `infra/stacks.ts`; the second stack of a deployment is no answer to the question. */
const ours = /^Turnout: (?!firewall of )/;
/** Typing errors in a name. */
const nearEdits = 2;
const mostNamed = 5;

/** @returns how many letters to insert, remove or replace */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of a.split("").entries()) {
    const next = [i + 1];
    for (const [j, other] of b.split("").entries()) {
      next.push(Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** `summit` is near `summit-test`, whose stage `deploy` adds; so is `sumit-test`. */
function isNear(given: string, name: string): boolean {
  return name.startsWith(`${given}-`) || given.startsWith(`${name}-`) || editDistance(given, name) <= nearEdits;
}

/** @returns a sentence that names the stack that may be meant; empty where CloudFormation does not say */
export async function suggestStacks(client: CloudFormationClient, given: string): Promise<string> {
  const names: string[] = [];
  try {
    for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) {
      for (const { StackName = "", Description = "" } of Stacks) if (ours.test(Description)) names.push(StackName);
    }
  } catch {
    // The miss itself is the news; whoever may not list the stacks gets it without a suggestion.
    return "";
  }
  const near = names.filter((name) => isNear(given, name));
  if (near.length > 0) return `Is it ${near.slice(0, mostNamed).join(" or ")}?`;
  if (names.length === 0) return "There is no stack of Turnout's here.";
  const more = names.length > mostNamed ? `, and ${names.length - mostNamed} more` : "";
  return `Turnout's stacks here: ${names.slice(0, mostNamed).join(", ")}${more}.`;
}

/** @param place where it was searched, for the message */
export async function unknownStack(
  client: CloudFormationClient,
  given: string,
  place = "this account and region",
): Promise<TurnoutError> {
  const parts = [`There is no stack ${given} in ${place}.`, await suggestStacks(client, given)];
  const message = [...parts, "Check --stack, --region and --profile."].filter(Boolean).join(" ");
  return new TurnoutError("TURNOUT_DEPLOYMENT_UNKNOWN", message);
}
