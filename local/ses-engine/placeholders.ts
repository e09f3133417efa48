/**
 * The placeholders of inline templates: `{{name}}`, replaced by a value as it is. As in SES, nothing is escaped, and a
 * template that is part of a call has no other syntax
 * (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Template.html).
 */

export type Values = Readonly<Record<string, string>>;

const placeholder = /\{\{\s*([\w-]+)\s*\}\}/g;

/** @returns the names in the order of their first appearance */
export function placeholdersOf(template: string): string[] {
  return [...new Set(Array.from(template.matchAll(placeholder), ([, name = ""]) => name))];
}

/** @returns the text; a placeholder without a value stays as it is */
export function fill(template: string, values: Values): string {
  return template.replaceAll(placeholder, (found, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? found) : found,
  );
}

/** @returns why the templates cannot be filled; undefined when they can */
export function renderingFailure(templates: readonly string[], values: Values): string | undefined {
  for (const template of templates) {
    const missing = placeholdersOf(template).find((name) => !Object.hasOwn(values, name));
    if (missing !== undefined) return `Attribute '${missing}' is not present in the rendering data.`;
    if (template.replaceAll(placeholder, "").includes("{{")) return "The template has more than simple placeholders.";
  }
  return undefined;
}

/**
 * @param json an object of the values, as in `TemplateData`
 * @returns the values as text; undefined for anything else than an object
 */
export function readValues(json: string | undefined): Values | undefined {
  if (json === undefined || json === "") return {};
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, typeof part === "string" ? part : JSON.stringify(part)]),
    );
  } catch {
    return undefined;
  }
}
