/** Reads what `cdk synth` made: which stacks, where, and their templates. The only place that knows CDK's file formats. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { parseTemplate, type Template } from "../stack/template.ts";

/** What is needed of https://github.com/aws/aws-cdk-cli/tree/main/packages/%40aws-cdk/cloud-assembly-schema. */
const Manifest = Type.Object({
  artifacts: Type.Record(
    Type.String(),
    Type.Object({
      type: Type.String(),
      environment: Type.Optional(Type.String()),
      properties: Type.Optional(
        Type.Object({
          templateFile: Type.Optional(Type.String()),
          stackName: Type.Optional(Type.String()),
          requiresBootstrapStackVersion: Type.Optional(Type.Integer()),
          terminationProtection: Type.Optional(Type.Boolean()),
        }),
      ),
    }),
  ),
});

export interface AssembledStack {
  readonly name: string;
  /** Undefined for the region of whoever deploys. */
  readonly region: string | undefined;
  readonly template: Template;
  /** The oldest version of CDK's bootstrap stack that will do. */
  readonly bootstrapVersion: number;
  readonly isProtected: boolean;
}

/**
 * @param folder where `cdk synth` put its output
 * @returns the stacks, in no order
 * @throws an Error where it is none of CDK's
 */
export function readAssembly(folder: string): AssembledStack[] {
  const manifest = Compile(Manifest).Parse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")));
  return Object.entries(manifest.artifacts)
    .filter(([, { type }]) => type === "aws:cloudformation:stack")
    .map(([id, { environment = "", properties = {} }]) => {
      const file = join(folder, properties.templateFile ?? `${id}.template.json`);
      const region = /^aws:\/\/[^/]+\/(.+)$/.exec(environment)?.[1];
      return {
        name: properties.stackName ?? id,
        region: region === "unknown-region" ? undefined : region,
        template: parseTemplate(readFileSync(file, "utf8")),
        bootstrapVersion: properties.requiresBootstrapStackVersion ?? 0,
        isProtected: properties.terminationProtection ?? false,
      };
    });
}
