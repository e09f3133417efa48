/** A connection whose identity has one of the policies that the stack makes for people. */
import { peopleGrantsOf, type PeopleNames } from "../../shared/aws/people-grants.ts";
import type { Connection } from "../../terminal/connection.ts";

/**
 * Gives the connection one of the stack's policies until the test ends: what that does not allow is denied.
 * @returns what was denied
 */
export function withPolicy(
  t: { teardown(end: () => void): void },
  connection: Connection,
  role: "read-only" | "admin",
): { denied: string[] } {
  const tables = ["registrations", "deadLetters", "outcomes", "activity", "controls"] as const;
  const named = Object.fromEntries(tables.map((table) => [`${table}TableArn`, connection[`${table}Table`]]));
  const names = {
    ...named,
    queueArn: connection.queueUrl,
    deadLetterQueueArn: connection.deadLetterQueueUrl,
    environments: {},
    roleArns: [],
  } as unknown as PeopleNames;
  const allowed = new Set<string>();
  for (const { actions, resources } of peopleGrantsOf(role, names)) {
    for (const action of actions) for (const resource of resources) allowed.add(`${action} ${resource}`);
  }
  const denied: string[] = [];
  for (const [client, service] of [
    [connection.sqs, "sqs"],
    [connection.documents, "dynamodb"],
  ] as const) {
    const guard =
      (next: (args: never) => Promise<unknown>, context: { commandName?: string }) => async (args: never) => {
        const { input } = args as { input: { TableName?: string; QueueUrl?: string; RequestItems?: object } };
        const resources = [input.TableName, input.QueueUrl, ...Object.keys(input.RequestItems ?? {})].filter(Boolean);
        const action = `${service}:${String(context.commandName).replace("Command", "")}`;
        for (const resource of resources) {
          if (allowed.has(`${action} ${resource}`)) continue;
          denied.push(`${action} ${resource}`);
          throw Object.assign(new Error(`not authorized to perform: ${action}`), {
            name: "AccessDeniedException",
            $metadata: { httpStatusCode: 400 },
          });
        }
        return next(args);
      };
    const { middlewareStack } = client as unknown as {
      middlewareStack: { add(middleware: unknown, options: object): void; remove(name: string): boolean };
    };
    middlewareStack.add(guard, { step: "build", name: "policy" });
    t.teardown(() => void middlewareStack.remove("policy"));
  }
  return { denied };
}
