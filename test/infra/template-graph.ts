/** What CloudFormation makes before what, and so deletes after it: by reference or by `DependsOn`. */
import type { Template } from "./synthesis.ts";

/** @returns the logical ids that a part of a template refers to */
export function references(part: unknown): string[] {
  return [...JSON.stringify(part).matchAll(/"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/g)].map(([, id = ""]) => id);
}

/** @returns the logical ids that a resource itself waits for */
function needs(template: Template, id: string): string[] {
  const resource = template.Resources[id];
  return [...references(resource), ...(resource?.DependsOn ?? [])].filter((other) => other in template.Resources);
}

/** @returns all that is made before a resource, directly or not; with itself where it is part of a circle */
export function allNeeds(template: Template, id: string): Set<string> {
  const found = new Set<string>();
  const open = needs(template, id);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...needs(template, next));
  }
  return found;
}
