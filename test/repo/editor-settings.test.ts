/** The editors' settings and the formatter's say the same, and the files follow them. */
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import t from "tap";
import { filesBelow, productFolders, root } from "./source-tree.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");

/** @returns the settings of each section */
function sectionsOf(text: string): Map<string, Record<string, string>> {
  const sections = new Map<string, Record<string, string>>();
  let current: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, section] = /^\[(.+)\]$/.exec(line) ?? [];
    const [, name, value] = /^(\w+) = (.+)$/.exec(line) ?? [];
    if (section !== undefined) sections.set(section, (current = {}));
    if (name !== undefined && value !== undefined) current[name] = value;
  }
  return sections;
}

const sections = sectionsOf(read(".editorconfig"));

/** @returns what in a file an editor with these settings would change when it saves it */
function changes(path: string, text: string): string[] {
  const settings = { ...sections.get("*"), ...sections.get(basename(path)) };
  return [
    ...(/^\t/m.test(text) ? ["a tab"] : []),
    ...(text.includes("\r") ? ["a carriage return"] : []),
    ...(settings["trim_trailing_whitespace"] === "true" && /[ \t]$/m.test(text) ? ["space at the end of a line"] : []),
    ...(settings["insert_final_newline"] === "true" && text !== "" && !text.endsWith("\n")
      ? ["no newline at the end"]
      : []),
  ];
}

t.test("editors and the formatter have the same width and indentation", async (t) => {
  const {
    printWidth,
    tabWidth = 2,
    useTabs = false,
  } = JSON.parse(read(".oxfmtrc.json")) as {
    printWidth: number;
    tabWidth?: number;
    useTabs?: boolean;
  };
  t.match(sections.get("*"), {
    max_line_length: String(printWidth),
    indent_size: String(tabWidth),
    indent_style: useTabs ? "tab" : "space",
  });
});

t.test("an editor that follows them changes no line that nobody has edited", async (t) => {
  const below = [...productFolders, "bench", "test", "docs", "monitoring"].flatMap(filesBelow);
  const paths = [...globSync("*.{md,json,yaml}", { cwd: root }), ...below];
  const texts = paths.filter((path) => !/\.(png|ico|gz|zip)$/.test(path));
  t.ok(texts.length > 500, "control: files were read");
  for (const path of texts) {
    const found = changes(path, read(path));
    if (found.length > 0) t.fail(`${path}: ${found.join(", ")}`);
  }
});

t.test("control: what an editor would change is found", async (t) => {
  for (const text of ["\ta\n", "a\r\n", "a \n", "a"])
    t.equal(changes("web/app.ts", text).length, 1, JSON.stringify(text));
  t.strictSame(changes("web/page/templates/attributes.eta", "a"), []);
});
