import { t } from "../../equipment/file-test.ts";
import { readNotice } from "../../../admin/acceptance/notice-text.ts";
import { maxNoticeLength } from "../../../shared/acceptance/acceptance.ts";

t.test("a text is in the event's own language, or in the one that it names", async (t) => {
  t.same(readNotice([]), {});
  t.same(readNotice(["The venue has changed."]), { event: "The venue has changed." });
  t.same(readNotice(["de=Neuer Ort: Halle 4.", "en= Hall 4. "]), { de: "Neuer Ort: Halle 4.", en: "Hall 4." });
  t.same(readNotice(["1 + 1 = 2"]), { event: "1 + 1 = 2" }, "an equals sign elsewhere names none");
});

t.test("what cannot be shown is refused: another language, two of one, nothing, lines, or too much", async (t) => {
  for (const given of [
    ["fr=Complet"],
    ["en=One", "en=Two"],
    ["One", "Two"],
    ["en="],
    [""],
    ["one\ntwo"],
    ["\u001b[2J"],
    ["x".repeat(maxNoticeLength + 1)],
  ]) {
    t.throws(() => readNotice(given), { code: "TURNOUT_USAGE_INVALID" }, JSON.stringify(given).slice(0, 30));
  }
});
