/**
 * The fields that a deployed event file asks for, as `infra/event-record.ts` writes them into the stack's template: in
 * step with the bundle, so that they are those of the version that runs.
 */
import { CloudFormationClient, GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { plainClientOptions, type StackLocation } from "../../terminal/stack-outputs.ts";
import type { AskedFields } from "./event-changes.ts";

const recordName = "turnout:event-fields";

/** Of any version: only what is compared by name. */
const recordedFields = Compile(Type.Array(Type.Object({ id: Type.String(), type: Type.String() })));

/**
 * @param metadata of a template
 * @returns undefined where none are recorded: deployed by an earlier version, or too many
 */
export function deployedFields(metadata: unknown): AskedFields | undefined {
  const record = (metadata as Readonly<Record<string, unknown>> | undefined)?.[recordName];
  if (typeof record !== "string") return undefined;
  const fields: unknown = JSON.parse(record);
  return recordedFields.Check(fields) ? { fields: fields as unknown as AskedFields["fields"] } : undefined;
}

/** @throws the SDK's error */
export async function readDeployedFields(location: StackLocation): Promise<AskedFields | undefined> {
  const client = new CloudFormationClient(plainClientOptions(location));
  try {
    const { TemplateBody = "{}" } = await client.send(new GetTemplateCommand({ StackName: location.stack }));
    return deployedFields((JSON.parse(TemplateBody) as { readonly Metadata?: unknown }).Metadata);
  } finally {
    client.destroy();
  }
}
