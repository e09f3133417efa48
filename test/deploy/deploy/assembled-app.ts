/** The CDK app as it stands synthesised in a folder, with one stack. */
import type { Test } from "tap";

/**
 * @param name of the stack
 * @param files further ones, name → content
 * @returns the folder
 */
export function assembleApp(t: Test, name: string, template: object, files: Record<string, string> = {}): string {
  return t.testdir({
    "manifest.json": JSON.stringify({
      version: "36.0.0",
      artifacts: {
        [name]: {
          type: "aws:cloudformation:stack",
          environment: "aws://unknown-account/unknown-region",
          properties: { templateFile: "template.json", requiresBootstrapStackVersion: 6 },
        },
      },
    }),
    "template.json": JSON.stringify(template),
    ...files,
  });
}
