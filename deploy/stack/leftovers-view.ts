/** Shows the report to a person. */
import type { Terminal } from "../../terminal/terminal.ts";
import type { LeftoversReport } from "./leftovers.ts";

export function showLeftovers(
  terminal: Terminal,
  { stack, region, left, kept, shared, unseen, clean }: LeftoversReport,
): void {
  const { colors, print } = terminal;
  const rows = [
    ...left.map((one) => [one.kind, one.name, { text: "left", paint: colors.red }, one.detail]),
    ...kept.map((one) => [one.kind, one.name, { text: "kept", paint: colors.yellow }, one.detail]),
    ...shared.map((one) => [one.kind, one.name, { text: "shared", paint: colors.dim }, one.detail]),
  ];
  if (rows.length > 0) terminal.printTable(["KIND", "NAME", "STATE", "DETAIL"], rows);
  for (const { what, reason } of unseen) terminal.note(`${colors.yellow("Not searched:")} ${what} (${reason})`);
  if (clean) print(`Nothing of ${stack} is left in ${region}.`);
  else {
    const uncertain = unseen.length > 0 ? `, and ${unseen.length} search(es) failed` : "";
    print(`${left.length} left and ${kept.length} kept of ${stack} in ${region}${uncertain}.`);
  }
}
