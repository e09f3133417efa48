import { t } from "../equipment/file-test.ts";
import { createSearches } from "../../console/searches.ts";
import { filterFields, readListQuery, readSelector, selectorFields } from "../../console/list-query.ts";

t.test("a text has the same id while it is kept; the oldest is forgotten", async (t) => {
  const searches = createSearches(2);
  const first = searches.keep("a@example.org");
  searches.keep("b");
  t.equal(searches.keep("a@example.org"), first);
  searches.keep("c");
  t.equal(searches.find(first), "a@example.org", "used again, so not the oldest");
  searches.keep("d");
  t.equal(searches.find(first), undefined);
});

t.test("a filter survives as fields, without what was searched for", async (t) => {
  const searches = createSearches();
  const form = {
    reason: "malformed",
    detail: "not JSON",
    since: "2026-01-31 09:00",
    text: "ann@example.org",
    state: "all",
  };
  const query = readListQuery(form, searches);
  const fields = filterFields(query, searches);
  t.notMatch(JSON.stringify(fields), "ann@");
  t.match(readListQuery(fields, searches).filter, {
    reason: "malformed",
    detail: "not JSON",
    since: "2026-01-31T09:00:00.000Z",
    text: "ann@example.org",
    state: undefined,
  });
  const { errors } = readListQuery({ until: "soon" }, searches);
  t.match(errors, { until: /no time/ });
});

t.test("ids count where single ones are selected, the filter only where all are", async (t) => {
  const searches = createSearches();
  t.same(readSelector({ act: "replay", reason: "malformed" }, searches), undefined);
  t.same(readSelector({ act: "replay", reason: "malformed", id: ["a", "b"] }, searches), { ids: ["a", "b"] });
  const all = readSelector({ act: "replay", reason: "malformed", id: "a", all: "yes", state: "all" }, searches);
  t.match(all, { filter: { reason: "malformed", state: "open" } });
  const again = readSelector(Object.fromEntries(selectorFields(all!, searches)), searches);
  t.same(again, all);
});
