/** What is removed and kept with a stack, by the deployed template, which may differ from the source. */
import type { CloudFormationClient, StackResourceSummary } from "@aws-sdk/client-cloudformation";
import { Type, type Static } from "typebox";
import { isUnknownStack, readStackResources } from "../stack/deployed-stack.ts";
import { readTemplate, titlesOf, type Template } from "../stack/template.ts";
import type { Traces } from "../stack/traces.ts";

export const PlannedResource = Type.Object(
  {
    logicalId: Type.String(),
    type: Type.String(),
    name: Type.String({ description: "physical id: a name, an id or a URL" }),
  },
  { additionalProperties: false },
);

export type PlannedResource = Static<typeof PlannedResource>;

export interface RemovalPlan {
  readonly removed: readonly PlannedResource[];
  /** What the template tells CloudFormation to retain. */
  readonly kept: readonly PlannedResource[];
  /** Names of the resources as in the source, by logical id. */
  readonly titles: ReadonlyMap<string, string>;
}

/** What `infra/data.ts`, `infra/mail.ts` and `infra/people.ts` keep. Another application's stack may once have had the same name. */
const dataIds =
  /^(Data(Registrations|DeadLetters|Outcomes|Controls|Queue|DeadLetterQueue)|Mail(Mails|Queue|DeadLetterQueue)|PeopleAuditLog)[0-9A-F]*$/;

/** The other policy, Snapshot, deletes the resource. */
const keeping = new Set(["Retain", "RetainExceptOnCreate"]);

type Resource = Pick<
  StackResourceSummary,
  "LogicalResourceId" | "PhysicalResourceId" | "ResourceType" | "ResourceStatus"
>;

export function planRemoval(template: Template, resources: readonly Resource[]): RemovalPlan {
  const removed: PlannedResource[] = [];
  const kept: PlannedResource[] = [];
  for (const { LogicalResourceId: logicalId = "", PhysicalResourceId: name = "", ...resource } of resources) {
    if (resource.ResourceStatus === "DELETE_COMPLETE" || name === "") continue;
    const stays =
      keeping.has(template.Resources[logicalId]?.DeletionPolicy ?? "") || resource.ResourceStatus === "DELETE_SKIPPED";
    (stays ? kept : removed).push({ logicalId, type: resource.ResourceType ?? "", name });
  }
  return { removed, kept, titles: titlesOf(template) };
}

/** @returns what deleted stacks kept by intent, as far as CloudFormation remembers */
export function planFromTraces({ resources }: Traces): RemovalPlan {
  const kept = resources.filter(({ logicalId, status }) => status === "DELETE_SKIPPED" && dataIds.test(logicalId));
  return { removed: [], kept: kept.map(({ logicalId, type, name }) => ({ logicalId, type, name })), titles: new Map() };
}

/** @returns an empty plan where there is no such stack */
export async function readRemovalPlan(client: CloudFormationClient, stack: string): Promise<RemovalPlan> {
  try {
    return planRemoval(await readTemplate(client, stack), await readStackResources(client, stack));
  } catch (error) {
    if (isUnknownStack(error)) return { removed: [], kept: [], titles: new Map() };
    throw error;
  }
}
