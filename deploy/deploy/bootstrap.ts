/** Whether CDK's bootstrap stack, through which it deploys, is in the account, and new enough. */
import type { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { Type, type Static } from "typebox";
import { readStack } from "../stack/deployed-stack.ts";

/** CDK's own name for it, unless told otherwise. */
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

/** @throws the SDK's error when CloudFormation does not answer or refuses */
export async function readBootstrap(
  client: CloudFormationClient,
  region: string,
  required: number,
): Promise<Bootstrap> {
  const stack = await readStack(client, bootstrapStack);
  const given = Number(stack?.outputs["BootstrapVersion"]);
  const version = Number.isInteger(given) ? given : null;
  // One that failed on its way has outputs too, of before.
  const whole = stack !== undefined && /^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT)_COMPLETE$/.test(stack.status);
  return { region, version, required, ready: whole && version !== null && version >= required };
}
