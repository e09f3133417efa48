import { t } from "../../equipment/file-test.ts";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { schemaErrors } from "../../../shared/registration/schema-errors.ts";

const schema = Compile(
  Type.Object(
    {
      colour: Type.String({ minLength: 2, pattern: "^[a-z]+$" }),
      size: Type.Optional(Type.Integer({ minimum: 1 })),
      either: Type.Optional(Type.Union([Type.String(), Type.Number()])),
    },
    { additionalProperties: false },
  ),
);
const validationErrors = (value: unknown, rules = new Map<string, string>()) =>
  schemaErrors(schema.Errors(value), rules);

t.test("a pattern is told by its rule, or as it is where it has none", async (t) => {
  const rules = new Map([["^[a-z]+$", "small letters"]]);
  t.same(validationErrors({ colour: "RED" }, rules), [{ pointer: "/colour", detail: "must be small letters" }]);
  t.match(validationErrors({ colour: "RED" }), [{ pointer: "/colour", detail: "^[a-z]+$" }]);
});

t.test("a place has one error, the first", async (t) => {
  t.match(validationErrors({ colour: "1" }), [{ pointer: "/colour", detail: /fewer than 2/ }]);
});

t.test("a missing property is named, not the object that lacks it", async (t) => {
  t.same(validationErrors({}), [{ pointer: "/colour", detail: "is missing" }]);
});

t.test("the branches of a union are one error", async (t) => {
  t.same(validationErrors({ colour: "red", either: {} }), [
    { pointer: "/either", detail: "is no value that is allowed here" },
  ]);
});

t.test("a property that is not known is told at its own place", async (t) => {
  t.ok(validationErrors({ colour: "red", shape: "round" }).some((error) => error.pointer === "/shape"));
});

t.test("several errors keep their order", async (t) => {
  t.same(
    validationErrors({ colour: "RED", size: 0 }).map((error) => error.pointer),
    ["/colour", "/size"],
  );
});
