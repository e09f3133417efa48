import { t } from "../../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { DeadLetterLine, toLine } from "../../../../admin/commands/dead-letters/record-output.ts";
import { deadLetter, person, unreadable } from "../../../equipment/dead-letter-seeds.ts";

t.test("a dead letter has the same line everywhere, with or without a registration", async (t) => {
  const validator = Compile(DeadLetterLine);
  const lines = [toLine(deadLetter(1)), toLine(unreadable("raw-1", "{"))];
  t.ok(lines.every((line) => validator.Check(line)));
  t.match(lines, [{ email: person(1).email }, { email: null, submittedAt: null }]);
});
