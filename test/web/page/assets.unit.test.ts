import { readFileSync } from "node:fs";
import { t } from "../../equipment/file-test.ts";
import { entryModule, loadAssets } from "../../../web/page/assets.ts";

const assets = loadAssets();
const [, fingerprint = ""] = /^\/assets\/([^/]+)\//.exec(assets.url(entryModule)) ?? [];

t.test("names every file under the fingerprint of them all", async (t) => {
  for (const file of ["page.css", "page.js", "icon.svg"]) {
    t.equal(assets.url(file), `/assets/${fingerprint}/${file}`);
    t.equal(assets.find(`${fingerprint}/${file}`)?.immutable, true);
  }
  t.equal(loadAssets().url(entryModule), assets.url(entryModule), "the same files have the same fingerprint");
});

t.test("serves each file as what it is", async (t) => {
  const typeOf = (file: string) => assets.find(`${fingerprint}/${file}`)?.contentType;
  t.match(typeOf("page.css"), "text/css");
  t.match(typeOf("page.js"), "text/javascript");
  t.match(typeOf("icon.svg"), "image/svg+xml");
});

t.test("sends scripts without the comments on lines of their own, and with everything else", async (t) => {
  for (const url of [assets.url(entryModule), ...assets.modules]) {
    const name = url.split("/").at(-1) ?? "";
    const source = readFileSync(new URL(`../../../web/page/assets/${name}`, import.meta.url), "utf8");
    const sent = assets.find(url.replace("/assets/", ""))?.body.toString() ?? "";
    for (const line of source.split("\n"))
      t.notOk(line.split("`").length % 2 === 0, `${name}: a text of several lines`);
    t.notMatch(sent, /^\s*(\/\*|\*|\/\/)/m, name);
    let inComment = false;
    const code = source.split("\n").filter((line) => {
      const begins = /^\s*\/\*/.test(line);
      const isComment = inComment || begins || /^\s*\/\//.test(line);
      if (inComment || begins) inComment = !line.includes("*/");
      return !isComment;
    });
    t.strictSame(sent.split("\n"), code, name);
    t.ok(sent.length > 100 && sent.length < source.length, name);
  }
});

t.test("gives the nearest version to a page of another deployment, but not for ever", async (t) => {
  t.equal(assets.find("another-one1/page.css")?.immutable, false);
});

t.test("serves nothing else from its folder, nor from anywhere", async (t) => {
  for (const path of [
    `${fingerprint}/tsconfig.json`,
    `${fingerprint}/../pages.ts`,
    `${fingerprint}/`,
    "page.css",
    "",
    `${fingerprint}/constructor`,
    `${fingerprint}/page.css/`,
    `${fingerprint}//page.css`,
  ]) {
    t.equal(assets.find(path), undefined, path);
  }
  t.throws(() => assets.url("missing.css"), { message: /missing\.css/ });
});

t.test("asks for every imported module at once, so that none is found out late", async (t) => {
  const imported = new Set<string>();
  for (const url of [assets.url(entryModule), ...assets.modules]) {
    const source = assets.find(url.replace("/assets/", ""))?.body.toString() ?? "";
    for (const [, name] of source.matchAll(/from "\.\/([\w.-]+)"/g)) imported.add(assets.url(name ?? ""));
  }
  t.strictSame([...imported].toSorted(), [...assets.modules].toSorted());
});
