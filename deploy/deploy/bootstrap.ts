/** Whether the account has the bootstrap stack that the CDK app needs, whatever its name, and whether it is new enough. */
import { paginateDescribeStacks, type CloudFormationClient, type Stack } from "@aws-sdk/client-cloudformation";
import { Type, type Static } from "typebox";

export const Bootstrap = Type.Object(
  {
    region: Type.String(),
    stack: Type.Union([Type.String(), Type.Null()], { description: "its name; null where there is none" }),
    version: Type.Union([Type.Integer(), Type.Null()], { description: "null where there is none" }),
    required: Type.Integer(),
    ready: Type.Boolean(),
  },
  { additionalProperties: false },
);

export type Bootstrap = Static<typeof Bootstrap>;

/** CDK's own, where an app names none. */
const defaultQualifier = "hnb659fds";
const defaultName = "CDKToolkit";
/** A failed update keeps its old outputs. */
const complete = /^(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT)_COMPLETE$/;

/** @param parameter such as `/cdk-bootstrap/hnb659fds/version`, from the synthesised stack */
export function qualifierOf(parameter: string | undefined): string {
  return /^\/cdk-bootstrap\/([^/]+)\/version$/.exec(parameter ?? "")?.[1] ?? defaultQualifier;
}

function versionOf({ Outputs = [] }: Stack): number | null {
  const found = Number(Outputs.find(({ OutputKey }) => OutputKey === "BootstrapVersion")?.OutputValue ?? Number.NaN);
  return Number.isInteger(found) ? found : null;
}

function serves(stack: Stack, qualifier: string): boolean {
  const own = stack.Parameters?.find(({ ParameterKey }) => ParameterKey === "Qualifier")?.ParameterValue;
  // `cdk bootstrap --toolkit-stack-name` may have chosen any name, so the output tells.
  return (versionOf(stack) !== null || stack.StackName === defaultName) && (own ?? defaultQualifier) === qualifier;
}

/** @param qualifier which of the account's bootstrap stacks the app uses */
export async function readBootstrap(
  client: CloudFormationClient,
  region: string,
  required: number,
  qualifier: string = defaultQualifier,
): Promise<Bootstrap> {
  const found: Stack[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) {
    found.push(...Stacks.filter((stack) => serves(stack, qualifier)));
  }
  // A first attempt that failed under the default name does not hide one that works.
  const best = found.find(({ StackStatus = "" }) => complete.test(StackStatus)) ?? found[0];
  const version = best === undefined ? null : versionOf(best);
  const isComplete = complete.test(best?.StackStatus ?? "");
  const ready = isComplete && version !== null && version >= required;
  return { region, stack: best?.StackName ?? null, version, required, ready };
}

/** @returns what `cdk bootstrap` needs to update this stack, and not to create a second one beside it */
export function bootstrapOptions({ stack }: Pick<Bootstrap, "stack">, qualifier: string): string[] {
  return [
    ...(stack === null || stack === defaultName ? [] : ["--toolkit-stack-name", stack]),
    ...(qualifier === defaultQualifier ? [] : ["--qualifier", qualifier]),
  ];
}

/** @returns what is wrong with a bootstrap stack that is not ready, and what to do */
export function bootstrapProblem(bootstrap: Bootstrap, account: string, qualifier: string): string {
  const { region, stack, version, required } = bootstrap;
  const is = version === null ? "is missing or incomplete" : `${stack} has version ${version}`;
  return (
    `CDK's bootstrap stack ${is} in ${region}; version ${required} is needed. Give --bootstrap, or run: ` +
    ["npx cdk bootstrap", `aws://${account}/${region}`, ...bootstrapOptions(bootstrap, qualifier)].join(" ")
  );
}
