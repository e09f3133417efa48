import { t } from "../../equipment/file-test.ts";
import { parseEvent } from "../../../shared/registration/event-definition.ts";
import { createPages } from "../../../web/page/pages.ts";

const times = { opensAt: "2026-01-01T00:00:00Z", closesAt: "2035-12-31T18:00:00Z", timeZone: "Europe/Berlin" };

/** @returns the form's page in a language; the zone is two hours ahead of UTC then */
function pageWith(language: "en" | "de" | "ar", expiresAt: string | undefined): string {
  const field = { id: "diet", type: "text", label: "Diet", hint: "For the caterer.", ...(expiresAt && { expiresAt }) };
  const event = parseEvent({ name: "Summit", description: "", ...times, fields: [field] });
  return createPages(event).eventAgain(language, { values: {}, validationErrors: [] });
}

t.test("the form says at the field, in the attendee's language, until when its answer is kept", async (t) => {
  const expiresAt = "2036-05-25T00:00:00+02:00";
  const page = pageWith("en", expiresAt);
  t.match(
    page,
    '<p class="hint" id="answer-diet-expiry">Deleted after 24 May 2036.</p>',
    "midnight ends the day before",
  );
  t.match(page, 'aria-describedby="answer-diet-hint answer-diet-expiry"');
  t.match(page, `data-expires="${Date.parse(expiresAt)}"`, "what the browser keeps is forgotten then");
  t.match(pageWith("de", expiresAt), "Wird nach dem 24. Mai 2036 gelöscht.");
  t.match(pageWith("ar", expiresAt), "24 مايو 2036");
  t.match(pageWith("en", "2036-05-24T22:00:01Z"), "Deleted after 25 May 2036.", "in the event's zone");
});

t.test("a field whose answer is kept as long as the registration says nothing of it", async (t) => {
  const page = pageWith("en", undefined);
  t.notMatch(page, /-expiry|data-expires|Deleted/);
});
