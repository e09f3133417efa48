/** The organiser's own tags, as one setting: `costCentre=42,owner=events`; and which of them AWS takes everywhere. */
import type { StackConfig } from "./config.ts";

/** CloudFormation and Elastic Beanstalk take no empty value. */
const tag = "[^=,]{1,127}=[^=,]{1,255}";
export const tagsPattern = `^${tag}(,${tag}){0,39}$`;

/**
 * AWS keeps its prefixes for itself, Elastic Beanstalk also the key Name, and Turnout its own; the letters are those that
 * every service takes. https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features.tagging.html
 */
const allowedTag = /^(?!aws:|elasticbeanstalk:|turnout:|name=)[\p{L}\p{N} _.:/+@-]+=[\p{L}\p{N} _.:/+@-]+$/iu;

function pairsOf(tags: string): string[] {
  return tags === "" ? [] : tags.split(",");
}

/** @returns what AWS would reject in the middle of a deployment */
export function tagErrors(tags: string): string[] {
  const errors: string[] = [];
  const pairs = pairsOf(tags);
  const wrong = pairs.filter((pair) => !allowedTag.test(pair));
  if (wrong.length > 0) {
    errors.push(
      `tags may not have ${wrong.join(", ")}: letters, digits, spaces and _.:/+@- only, a value for each, and no key that is Name or begins with aws:, elasticbeanstalk: or turnout:`,
    );
  }
  // IAM tells no upper case from lower in keys.
  const keys = new Set(pairs.map((pair) => pair.split("=", 1)[0]?.toLowerCase()));
  if (keys.size < pairs.length) errors.push("tags names a key twice, whether in upper or lower case");
  return errors;
}

/** @returns key → value */
export function ownTags({ tags = "" }: Pick<StackConfig, "tags">): Readonly<Record<string, string>> {
  return Object.fromEntries(pairsOf(tags).map((pair) => pair.split("=", 2) as [string, string]));
}
