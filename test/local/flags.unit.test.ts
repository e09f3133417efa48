import { t } from "../equipment/file-test.ts";
import { hintsOf, readFlags } from "../../local/flags.ts";

t.test("without options nothing is watched and no debugger may connect", async (t) => {
  t.strictSame(readFlags([]), { unlisted: false, watch: false, help: false, inspect: {} });
  t.strictSame(hintsOf(readFlags([])), []);
});

t.test("a tier is inspected on its own port or on a given one, both on both", async (t) => {
  t.strictSame(readFlags(["--inspect", "web"]).inspect, { web: 9229 });
  t.strictSame(readFlags(["--inspect", "worker=9300", "--inspect", "web"]).inspect, { worker: 9300, web: 9229 });
  t.strictSame(hintsOf(readFlags(["--inspect", "worker"])), ["A debugger connects to worker at 127.0.0.1:9230."]);
});

t.test("what is no tier or no port, and an empty folder, are wrong", async (t) => {
  for (const args of [
    ["--inspect", "console"],
    ["--inspect", "web=0"],
    ["--inspect", "web=65536"],
    ["--inspect", "web=0.0.0.0:9229"],
    ["--inspect"],
    ["--data", ""],
    ["--watch=yes"],
  ]) {
    t.throws(() => readFlags(args), args.join(" "));
  }
});
