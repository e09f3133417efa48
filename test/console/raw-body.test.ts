import t from "tap";
import { showBody } from "../../console/raw-body.ts";

t.test("JSON is laid out, anything else shown as it is, and either way in bounds", async (t) => {
  t.match(showBody('{"a":1}'), { text: '{\n  "a": 1\n}', formatted: true, more: 0, bytes: 7 });
  t.match(showBody("5"), { text: "5", formatted: false });
  t.match(showBody("{cut \u202e"), { text: String.raw`{cut \u202e`, formatted: false });
  t.match(showBody("x".repeat(100_000)), { more: 60_000, bytes: 100_000 });
});
