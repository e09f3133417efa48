import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import t from "tap";
import { findChromium, takePicture } from "../../../load/chart/page-picture.ts";

t.test("finds a browser by its name on the path", async (t) => {
  const folder = t.testdir({ empty: {}, bin: { "google-chrome": "" } });
  chmodSync(join(folder, "bin", "google-chrome"), 0o755);
  const path = [join(folder, "empty"), join(folder, "bin")].join(delimiter);
  t.equal(findChromium({ PATH: path }), join(folder, "bin", "google-chrome"));
});

t.test("takes the one that is named outright, and no other when that one is missing", async (t) => {
  const folder = t.testdir({ mine: "", bin: { chromium: "" } });
  chmodSync(join(folder, "mine"), 0o755);
  chmodSync(join(folder, "bin", "chromium"), 0o755);
  t.equal(findChromium({ CHROMIUM_PATH: join(folder, "mine"), PATH: join(folder, "bin") }), join(folder, "mine"));
  t.equal(findChromium({ CHROMIUM_PATH: join(folder, "none"), PATH: join(folder, "bin") }), undefined);
});

t.test("takes no folder and no file that cannot be run", async (t) => {
  const folder = t.testdir({});
  mkdirSync(join(folder, "chromium"));
  writeFileSync(join(folder, "google-chrome"), "", { mode: 0o644 });
  const found = findChromium({ PATH: folder });
  t.ok(found === undefined || !found.startsWith(folder));
});

const browser = findChromium(process.env);

t.test(
  "a page becomes a picture of its whole height",
  { skip: browser === undefined && "no Chromium found" },
  async (t) => {
    const file = join(t.testdir(), "page.png");
    await takePicture('<!doctype html><div style="height:1500px">tall</div>', file, browser!);
    const png = readFileSync(file);
    t.equal(png.toString("latin1", 1, 4), "PNG");
    t.equal(png.readUInt32BE(16), 1_040);
    t.ok(png.readUInt32BE(20) >= 1_500);
  },
);

t.test("a browser that does not start is an error", async (t) => {
  await t.rejects(takePicture("", join(t.testdir(), "page.png"), "/none/such"));
});
