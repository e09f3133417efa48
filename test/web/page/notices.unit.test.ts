import { t } from "../../equipment/file-test.ts";
import { noticeIn } from "../../../web/page/notices.ts";
import { exampleEvent } from "./example-event.ts";

const german = { ...exampleEvent, language: "de" };
const { language: _, ...unnamed } = exampleEvent;

t.test("a notice is in the page's language where it is written in it, without an attribute", async (t) => {
  t.same(noticeIn({ de: "Halle 4", en: "Hall 4" }, "de", unnamed), { text: "Halle 4", language: "de", dir: "ltr" });
  t.same(noticeIn({ ar: "القاعة 4" }, "ar", unnamed), { text: "القاعة 4", language: "ar", dir: "rtl" });
});

t.test("otherwise it is in the event's own, else in any, and says in which", async (t) => {
  t.match(noticeIn({ de: "Halle 4", ar: "القاعة 4" }, "en", german), { text: "Halle 4", lang: "de-DE", dir: "ltr" });
  t.match(noticeIn({ event: "Halle 4", ar: "القاعة 4" }, "en", german), { text: "Halle 4", lang: "de-DE" });
  t.same(noticeIn({ event: "Halle 4" }, "de", german), { text: "Halle 4", language: "de", dir: "ltr" });
  t.match(noticeIn({ ar: "القاعة 4" }, "de", german), { lang: "ar", dir: "rtl" });
});

t.test("of a language that nobody named nothing is claimed", async (t) => {
  t.same(noticeIn({ event: "Halle 4" }, "en", unnamed), { text: "Halle 4", dir: "auto" });
  t.equal(noticeIn({}, "en", german), undefined);
});
