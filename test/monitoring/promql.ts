/** Finds what is wrong with a PromQL expression: its syntax, and metrics, labels and values that the tiers do not have. */
import { parser } from "@prometheus-io/lezer-promql";
import type { KnownMetrics } from "./tier-registries.ts";

/** Labels of every series: Prometheus's own, and what the scrape configuration adds. */
export const scrapeLabels: ReadonlySet<string> = new Set(["job", "instance", "stack"]);

/** Labels of which every value is there from the start, so that another one is a misspelling. */
const closedLabels = new Set(["tier", "dependency", "code", "reason"]);
const countsOnly = new Set(["rate", "increase"]);
const isCount = /_(total|bucket|sum|count)$/;

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

interface Expression {
  readonly text: string;
  readonly nodes: readonly SyntaxNode[];
}

function parse(text: string): Expression {
  const nodes: SyntaxNode[] = [];
  parser.parse(text).iterate({ enter: ({ node }) => void nodes.push(node) });
  return { text, nodes };
}

const textOf = ({ text }: Expression, node: SyntaxNode | null) => (node ? text.slice(node.from, node.to) : "");
const isWithin = (inner: SyntaxNode, outer: SyntaxNode) => inner.from >= outer.from && inner.to <= outer.to;

function selectorsOf({ nodes }: Expression, within?: SyntaxNode | null): SyntaxNode[] {
  return nodes.filter(({ name }) => name === "VectorSelector").filter((node) => !within || isWithin(node, within));
}

function metricOf(expression: Expression, selector: SyntaxNode): string {
  return textOf(expression, selector.getChild("Identifier"));
}

function labelErrors(expression: Expression, selector: SyntaxNode, known: KnownMetrics): string[] {
  const metric = metricOf(expression, selector);
  const labels = known.get(metric)?.labels;
  if (!labels) return [`${metric} is no metric of the tiers`];
  const matchers = expression.nodes.filter((node) => node.name === "UnquotedLabelMatcher" && isWithin(node, selector));
  return matchers.flatMap((matcher) => {
    const label = textOf(expression, matcher.getChild("LabelName"));
    if (scrapeLabels.has(label)) return [];
    const values = labels.get(label);
    if (!values) return [`${metric} has no label ${label}`];
    if (!closedLabels.has(label) || values.size === 0) return [];
    const wanted = textOf(expression, matcher.getChild("StringLiteral")).slice(1, -1).split("|");
    return wanted.filter((value) => !values.has(value)).map((value) => `${metric} has no ${label}="${value}"`);
  });
}

/** Labels that grouping keeps or matching compares must be of a series within. */
function groupingErrors(expression: Expression, known: KnownMetrics): string[] {
  return expression.nodes
    .filter(({ name }) => name === "GroupingLabels")
    .flatMap((grouping) => {
      const within = selectorsOf(expression, grouping.parent?.parent);
      const possible = new Set([
        ...scrapeLabels,
        ...within.flatMap((selector) => [...(known.get(metricOf(expression, selector))?.labels.keys() ?? [])]),
      ]);
      const named = grouping.getChildren("LabelName").map((label) => textOf(expression, label));
      return named.filter((label) => !possible.has(label)).map((label) => `nothing here has the label ${label}`);
    });
}

function countErrors(expression: Expression): string[] {
  return expression.nodes
    .filter((node) => node.name === "FunctionCall")
    .filter((call) => countsOnly.has(textOf(expression, call.getChild("FunctionIdentifier"))))
    .flatMap((call) => selectorsOf(expression, call).map((selector) => metricOf(expression, selector)))
    .filter((metric) => !isCount.test(metric))
    .map((metric) => `${metric} is no count, so it has no rate`);
}

/** @returns what is wrong, in words */
export function promqlErrors(text: string, known: KnownMetrics): string[] {
  const expression = parse(text);
  const broken = expression.nodes.find(({ type }) => type.isError);
  if (broken) return [`not PromQL at character ${broken.from}: ${text}`];
  const selectors = selectorsOf(expression);
  if (selectors.length === 0) return [`asks for no metric: ${text}`];
  return [
    ...selectors.flatMap((selector) => labelErrors(expression, selector, known)),
    ...groupingErrors(expression, known),
    ...countErrors(expression),
  ];
}

/** @returns the labels that an aggregation somewhere in it keeps */
export function groupedBy(text: string): Set<string> {
  const expression = parse(text);
  const aggregations = expression.nodes.filter(({ name }) => name === "AggregateModifier");
  const groupings = aggregations.flatMap((node) => node.getChildren("GroupingLabels"));
  return new Set(
    groupings.flatMap((grouping) => grouping.getChildren("LabelName").map((label) => textOf(expression, label))),
  );
}

/** @returns the value of a label in each matcher that demands exactly one */
export function demanded(text: string, label: string): string[] {
  const expression = parse(text);
  const matchers = expression.nodes.filter(({ name }) => name === "UnquotedLabelMatcher");
  return matchers
    .filter((matcher) => textOf(expression, matcher.getChild("LabelName")) === label)
    .map((matcher) => textOf(expression, matcher.getChild("StringLiteral")).slice(1, -1));
}
