/** The event files of docs/events are what `turnout event check` calls good, and what their tests say of them. */
import { t } from "../../equipment/file-test.ts";
import { eventFiles } from "../../equipment/event-files.ts";
import { runCommand } from "../../equipment/command-run.ts";

t.test("each is valid, and nothing in it is doubtful", async (t) => {
  for (const { name, path } of eventFiles) {
    const check = await runCommand(["event", "check", path, "--strict", "--json"]);
    t.match(check.json(), { valid: true, errors: [], doubts: [] }, name);
    t.equal(check.code, 0, name);
  }
});

t.test("together they have every type of field, and the answers of the tests are to all of them", async (t) => {
  const types = new Set(eventFiles.flatMap(({ event }) => event.fields.map(({ type }) => type)));
  const every = ["text", "email", "telephone", "number", "date", "select", "choices", "checkbox", "consent"];
  t.strictSame([...types].toSorted(), every.toSorted());
  for (const { event, answers } of eventFiles) {
    t.strictSame(
      Object.keys(answers),
      event.fields.map(({ id }) => id),
    );
  }
});
