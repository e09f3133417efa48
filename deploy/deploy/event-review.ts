/**
 * What the event file that is about to be deployed means for registrations that the live stack has stored: the deployment
 * would succeed, and nobody would notice until the export.
 */
import { deployedFields } from "../../admin/event/deployed-event.ts";
import { eventChanges } from "../../admin/event/event-changes.ts";
import type { Template } from "../stack/template.ts";
import type { Findings } from "./preflight.ts";

export const acceptOption = "--accept-event-changes";

/** @param isAccepted whether somebody said that the changes are meant */
export function checkEvent(
  template: Template,
  live: Template | undefined,
  stack: string,
  isAccepted: boolean,
): Findings {
  const [before, after] = [live, template].map((one) => deployedFields(one?.Metadata));
  const found: Findings = { choices: [], problems: [], warnings: [] };
  if (before === undefined || after === undefined) return found;
  const changes = eventChanges(before, after).map(
    ({ field, detail }) => `The event file changes the field ${field}, by which people have registered: ${detail}`,
  );
  if (isAccepted || changes.length === 0) return { ...found, warnings: changes };
  const todo = `Count whom it affects: npm run turnout -- event check <file> --stack ${stack}. If it is meant, give ${acceptOption}.`;
  return { ...found, problems: changes.map((change) => `${change} ${todo}`) };
}
