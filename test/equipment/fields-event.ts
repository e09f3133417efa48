/** An event whose form has sections, conditions and every kind of field beside those of `testEvent`. */
import { parseEvent, type EventDefinition } from "../../shared/registration/event-definition.ts";

export const wording = "I agree that photos of me\nare shown on the event's site.";

/** @param times when it is open: for years around the clock of the tests by default */
export function fieldsEvent(times: object = {}): EventDefinition {
  return parseEvent({
    name: "Conference",
    description: "",
    opensAt: "2026-01-01T00:00:00Z",
    closesAt: "2027-01-01T00:00:00Z",
    ...times,
    timeZone: "UTC",
    fields: [
      {
        id: "ticket",
        type: "select",
        label: "Which days?",
        options: ["Both days", "Friday"],
        required: true,
        section: { title: "Your visit", text: "So that there are enough chairs." },
      },
      {
        id: "workshops",
        type: "choices",
        label: "Workshops",
        hint: "Two at most.",
        options: ["Rust", "Zig", "Go"],
        maximum: 2,
        required: true,
        when: { field: "ticket", is: "Both days" },
      },
      {
        id: "laptop",
        type: "checkbox",
        label: "I need a laptop",
        when: { field: "workshops", is: ["Rust", "Zig"] },
      },
      { id: "arrival", type: "date", label: "Arrival", earliest: "2026-05-08", latest: "2026-05-10" },
      { id: "phone", type: "telephone", label: "Telephone", section: { title: "About you" } },
      { id: "about", type: "text", label: "Tell us more", multiline: true },
      { id: "photos", type: "consent", label: "Photos", text: wording, required: true },
      { id: "press", type: "consent", label: "Press list", text: "The press may write to me." },
      { id: "paper", type: "text", label: "Your paper", required: true, when: { field: "press", is: true } },
    ],
  });
}

/** What somebody answers who is asked everything. */
export const fullAnswers = {
  ticket: "Both days",
  workshops: ["Rust", "Go"],
  laptop: true,
  arrival: "2026-05-09",
  phone: "+49 (431) 12-34/56",
  about: "two\nlines",
  photos: true,
  press: true,
  paper: "The Times",
};
