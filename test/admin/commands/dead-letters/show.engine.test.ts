import { t } from "../../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { DeadLetterShowOutput } from "../../../../admin/commands/dead-letters/show.ts";
import { runCommand } from "../../../equipment/command-run.ts";
import { deadLetter, person, putAll, unreadable } from "../../../equipment/dead-letter-seeds.ts";
import { startEngines } from "../../../equipment/admin-engines.ts";

const { env, connection } = await startEngines(t);
const validator = Compile(DeadLetterShowOutput);
const body = '{"a":"\x1b[2J\u0007<script>\u202e"} \n tail';
await putAll(connection.documents, connection.deadLettersTable, [
  deadLetter(1, {
    history: [
      { at: "2026-01-01T00:00:00.000Z", who: "worker", what: "failed", detail: "crash-loop" },
      {
        at: "2026-01-02T00:00:00.000Z",
        who: "arn:aws:iam::1:user/ann",
        what: "edited",
        detail: "asked by phone",
        changes: { email: { from: "old@example.org", to: person(1).email } },
      },
    ],
  }),
  unreadable("raw-1", body),
]);

const show = (...line: string[]) => runCommand(["dead-letters", "show", ...line], { env });

t.test("all that is known is shown, for machines", async (t) => {
  const run = await show(person(1).id, "--json");
  const output = run.json() as DeadLetterShowOutput;
  t.ok(validator.Check(output), "as its schema says", { found: output });
  t.match(output, {
    id: person(1).id,
    registration: person(1),
    replay: { possible: true },
    history: [{}, { who: "arn:aws:iam::1:user/ann", changes: { email: { from: "old@example.org" } } }],
  });
});

t.test("and for people, with who changed what", async (t) => {
  const { code, stdout } = await show(person(1).id);
  t.equal(code, 0);
  t.match(stdout, /edited by arn:aws:iam::1:user\/ann: asked by phone/);
  t.match(stdout, 'email: "old@example.org" → "person-1@example.org"');
});

t.test("a body that nobody could read is shown so that it cannot command the terminal", async (t) => {
  const { code, stdout } = await show("raw-1");
  t.equal(code, 0);
  t.match(stdout, "<script>");
  t.match(stdout, "not possible");
  t.notMatch(stdout, /[\x1b\x07\u202e]/);
});

t.test("the body alone is what came, byte for byte", async (t) => {
  t.equal((await show("raw-1", "--body")).stdout, body);
});

t.test("a dead letter that is none ends with 1", async (t) => {
  const { code, stdout, stderr } = await show("none", "--json");
  t.equal(code, 1);
  t.equal(stdout, "");
  t.match(stderr, "TURNOUT_DEAD_LETTER_UNKNOWN");
});
