import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../equipment/file-test.ts";
import { writeBillOfMaterials } from "../../infra/bill-of-materials.ts";

const manifest = (fields: object) => JSON.stringify({ version: "1.0.0", license: "MIT", ...fields });

t.test("it names every package that is installed, and nothing that was left out on purpose", async (t) => {
  const folder = t.testdir({
    "package.json": manifest({
      name: "turnout",
      dependencies: { outer: "1.0.0" },
      devDependencies: { tester: "1.0.0" },
      optionalDependencies: { engine: "1.0.0" },
    }),
    node_modules: {
      outer: { "package.json": manifest({ name: "outer", dependencies: { "@scope/inner": "^1.0.0" } }) },
      "@scope": { inner: { "package.json": manifest({ name: "@scope/inner", license: "ISC" }) } },
    },
  });
  const output = join(folder, "dist", "turnout.cdx.json");
  await writeBillOfMaterials(folder, output);
  const text = readFileSync(output, "utf8");
  t.notMatch(text, /serialNumber|timestamp/, "the same packages give the same document");
  const bill: unknown = JSON.parse(text);
  t.match(bill, { bomFormat: "CycloneDX", specVersion: /^1\.\d$/, metadata: { component: { type: "application" } } });
  const { components } = bill as { components: { purl: string; licenses: { license: { id: string } }[] }[] };
  t.same(components.map(({ purl, licenses }) => `${purl} ${licenses[0]?.license.id}`).toSorted(), [
    "pkg:npm/%40scope/inner@1.0.0 ISC",
    "pkg:npm/outer@1.0.0 MIT",
  ]);
  t.same(readdirSync(join(folder, "dist")), ["turnout.cdx.json"], "nothing unfinished is left");
});

t.test("a package that is missing is an error, and no document is written", async (t) => {
  const folder = t.testdir({ "package.json": manifest({ name: "turnout", dependencies: { outer: "1.0.0" } }) });
  await t.rejects(writeBillOfMaterials(folder, join(folder, "turnout.cdx.json")), { message: /missing: outer/ });
  t.same(readdirSync(folder), ["package.json"]);
});
