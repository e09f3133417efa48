import t from "tap";
import { postedChoice, postedList, postedNumber, postedText, postedWhy } from "../../console/posted-form.ts";

const refused = { code: "TURNOUT_REQUEST_INVALID" };

t.test("texts, numbers, choices and lists are read within their bounds", async (t) => {
  t.equal(postedText({ a: " x " }, "a", 5), "x");
  t.equal(postedText({}, "a", 5), "");
  t.equal(postedWhy({ why: "because" }), "because");
  t.equal(postedNumber({ n: "10" }, "n", 1, 10), 10);
  t.equal(postedChoice({ c: "b" }, "c", ["a", "b"]), "b");
  t.equal(postedChoice({ c: "" }, "c", ["a", "b"]), undefined);
  t.same(postedList({ id: "a" }, "id"), ["a"]);
  t.same(postedList({ id: ["a", "b"] }, "id"), ["a", "b"]);
  t.same(postedList({}, "id"), []);
});

t.test("whatever else comes is refused in words", async (t) => {
  t.throws(() => postedText({ a: "123456" }, "a", 5), refused);
  t.throws(() => postedText({ a: ["x", "y"] }, "a", 5), refused);
  t.throws(() => postedWhy({ why: "  " }), refused);
  for (const n of ["0", "11", "1.5", "1e1", "-1", "", undefined, ["5"]]) {
    t.throws(() => postedNumber({ n }, "n", 1, 10), refused, String(n));
  }
  t.throws(() => postedChoice({ c: "__proto__" }, "c", ["a"]), refused);
  t.throws(() => postedList({ id: [{}] }, "id"), refused);
});
