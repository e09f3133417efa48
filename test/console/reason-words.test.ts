import t from "tap";
import { reasonWords } from "../../console/reason-words.ts";
import { deadLetterReasons } from "../../shared/dead-letters/dead-letter.ts";

t.test("every reason has words and a way out", async (t) => {
  for (const reason of deadLetterReasons) {
    t.notMatch(reasonWords[reason].title, reason);
    t.match(reasonWords[reason].help, /replay/i);
  }
});
