import { t } from "../../equipment/file-test.ts";
import { acceptedByDefault, type Acceptance } from "../../../shared/acceptance/acceptance.ts";
import { createEventPageCache } from "../../../web/page/event-page-cache.ts";
import { createRepresentation } from "../../../web/page/representation.ts";

t.test("a page is rendered once for each order, and once for all times without one", async (t) => {
  const ordered: { acceptance: Acceptance; isPaused: boolean } = { acceptance: acceptedByDefault, isPaused: false };
  const pageOf = createEventPageCache({ latest: () => ordered.acceptance, isPaused: () => ordered.isPaused });
  let rendered = 0;
  const show = (key = "en open") =>
    pageOf(key, () => {
      rendered += 1;
      return createRepresentation(String(rendered), "text/plain");
    });
  const plain = show();
  t.equal(show(), plain);
  t.not(show("de open"), plain);
  ordered.acceptance = { ...acceptedByDefault, state: "paused", version: 1 };
  ordered.isPaused = true;
  const paused = show();
  t.not(paused, plain);
  t.equal(show(), paused);
  ordered.isPaused = false;
  t.equal(show(), plain, "a pause that ended by itself");
  ordered.acceptance = { ...ordered.acceptance, notice: { en: "Hall 4." }, version: 2 };
  const announced = show();
  t.equal(show(), announced);
  ordered.isPaused = true;
  t.not(show(), announced, "the same order while it is paused");
  t.equal(rendered, 5);
});
