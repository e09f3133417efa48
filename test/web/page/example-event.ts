/** An event with a field of every kind, required and not, for the tests of its pages. */
import { parseEvent, type EventDefinition } from "../../../shared/registration/event-definition.ts";

export const exampleEvent: EventDefinition = parseEvent({
  name: "Summit <of> the North & South",
  description: 'Two days.\nOf "talks".',
  opensAt: "2026-09-04T09:00:00+02:00",
  closesAt: "2026-09-20T18:00:00+02:00",
  timeZone: "Europe/Berlin",
  fields: [
    { id: "ticket", type: "select", label: "Which days?", options: ["Both days", "Friday <only>"], required: true },
    { id: "organisation", type: "text", label: "Organisation", hint: "On your badge.", minLength: 2, maxLength: 100 },
    { id: "about", type: "text", label: "About you", maxLength: 2_000 },
    { id: "guests", type: "number", label: "Guests", minimum: 0, maximum: 4, integer: true },
    { id: "height", type: "number", label: "Height in metres", minimum: 0.5 },
    { id: "contact", type: "email", label: "Whom to call" },
    { id: "conduct", type: "checkbox", label: "I accept the code of conduct", required: true },
    { id: "newsletter", type: "checkbox", label: "Newsletter" },
  ],
});
