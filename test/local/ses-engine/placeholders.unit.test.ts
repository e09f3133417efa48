import { t } from "../../equipment/file-test.ts";
import { fill, placeholdersOf, readValues, renderingFailure } from "../../../local/ses-engine/placeholders.ts";

t.test("placeholders are filled with values as they are, with or without blanks around the name", async (t) => {
  const template = "Hello {{name}}, {{ link }} and {{name}}";
  t.same(placeholdersOf(template), ["name", "link"]);
  t.equal(fill(template, { name: "<b>", link: "$& {{name}}" }), "Hello <b>, $& {{name}} and <b>");
  t.equal(fill("{{toString}} {{x}}", {}), "{{toString}} {{x}}");
});

t.test("a template that SES could not render is told from one that it could", async (t) => {
  t.equal(renderingFailure(["a {{x}}", "b"], { x: "1" }), undefined);
  t.match(renderingFailure(["a", "b {{x}}"], { y: "1" }), "'x' is not present");
  t.match(renderingFailure(["{{#if x}}a{{/if}}"], { x: "1" }), "simple placeholders");
  t.equal(renderingFailure(["{{x}}"], { x: "{{y}}" }), undefined, "braces in a value are text");
});

t.test("values are an object of texts; anything else is no template data", async (t) => {
  t.same(readValues('{"a":"x","b":1}'), { a: "x", b: "1" });
  t.same(readValues(undefined), {});
  for (const wrong of ["{", "[]", '"a"', "null"]) t.equal(readValues(wrong), undefined, wrong);
});
