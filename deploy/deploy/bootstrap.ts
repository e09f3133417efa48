/** Whether the account has CDK's bootstrap stack, and whether it is new enough. */
import type { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { Type, type Static } from "typebox";
import { readStack } from "../stack/deployed-stack.ts";

/** CDK's default name. */
const bootstrapStack = "CDKToolkit";

export const Bootstrap = Type.Object(
  {
    region: Type.String(),
    version: Type.Union([Type.Integer(), Type.Null()], { description: "null where there is none" }),
    required: Type.Integer(),
    ready: Type.Boolean(),
  },
  { additionalProperties: false },
);

export type Bootstrap = Static<typeof Bootstrap>;

export async function readBootstrap(
  client: CloudFormationClient,
  region: string,
  required: number,
): Promise<Bootstrap> {
  const stack = await readStack(client, bootstrapStack);
  const found = Number(stack?.outputs["BootstrapVersion"]);
  const version = Number.isInteger(found) ? found : null;
  // A failed update keeps its old outputs.
  const complete = stack !== undefined && /^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT)_COMPLETE$/.test(stack.status);
  return { region, version, required, ready: complete && version !== null && version >= required };
}
