import { t } from "../equipment/file-test.ts";
import { errorCatalogue, TurnoutError, type ErrorCode } from "../../shared/errors.ts";

t.test("an error carries its code, whether it may be tried again, its cause and where the error is", async (t) => {
  const cause = new Error("connection reset");
  const validationErrors = [{ pointer: "/email", detail: "is missing" }];
  const error = new TurnoutError("TURNOUT_ENQUEUE_FAILED", "The queue did not confirm.", { cause, validationErrors });
  t.ok(error instanceof Error);
  t.match(error, { name: "TurnoutError", code: "TURNOUT_ENQUEUE_FAILED", retryable: true, cause, validationErrors });
  t.match(error.stack, /errors\.unit\.test\.ts/, "the stack shows where it was made");
});

t.test("without a cause there is none, not an undefined one", async (t) => {
  const error = new TurnoutError("TURNOUT_CLOSED", "Registration is closed.");
  t.notOk("cause" in error);
  t.same(error.validationErrors, []);
});

t.test(
  "every error of the catalogue has a title that is a sentence's beginning, and says whether to try again",
  async (t) => {
    for (const [code, { title, retryable }] of Object.entries(errorCatalogue)) {
      t.match(code, /^TURNOUT_[A-Z]+(_[A-Z]+)*$/);
      t.match(title, /^[A-Z].*[^.]$/, title);
      t.equal(new TurnoutError(code as ErrorCode, title).retryable, retryable, code);
    }
    const titles = Object.values(errorCatalogue).map(({ title }) => title);
    t.equal(new Set(titles).size, titles.length, "no two errors have the same title");
  },
);
