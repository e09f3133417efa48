/** A CloudFormation template: its resources, and their names in the source. */
import { GetTemplateCommand, type CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";

const Template = Type.Object({
  Metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  Resources: Type.Record(
    Type.String(),
    Type.Object({
      Type: Type.String(),
      Properties: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      DeletionPolicy: Type.Optional(Type.String()),
      Metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    }),
  ),
});

export type Template = Static<typeof Template>;

/** @throws an Error where the text is no template in JSON */
export function parseTemplate(text: string): Template {
  return Compile(Template).Parse(JSON.parse(text));
}

/**
 * @param stack a name or an ARN
 * @throws the SDK's error
 */
export async function readTemplate(client: CloudFormationClient, stack: string): Promise<Template> {
  const { TemplateBody = "{}" } = await client.send(new GetTemplateCommand({ StackName: stack }));
  return parseTemplate(TemplateBody);
}

/** @returns the properties of each resource of a type, in the template's order */
export function propertiesOf({ Resources }: Template, type: string): Readonly<Record<string, unknown>>[] {
  return Object.values(Resources)
    .filter((resource) => resource.Type === type)
    .map(({ Properties = {} }) => Properties);
}

/** @returns construct paths, such as `Platform/Web`, by logical id */
export function titlesOf({ Resources }: Template): Map<string, string> {
  const titles = new Map<string, string>();
  for (const [id, { Metadata }] of Object.entries(Resources)) {
    const path = Metadata?.["aws:cdk:path"];
    if (typeof path !== "string") continue;
    const parts = path.split("/").slice(1);
    // CDK's name for the resource inside a construct.
    if (["Resource", "Default"].includes(parts.at(-1) ?? "")) parts.pop();
    titles.set(id, parts.join("/"));
  }
  return titles;
}
