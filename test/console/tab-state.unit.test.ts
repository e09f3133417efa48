import { t } from "../equipment/file-test.ts";
import { loadAssets } from "../../console/assets.ts";
import { titleWith, toTabState } from "../../console/tab-state.ts";
import { inspectionWith } from "./inspection.ts";

type Changes = Parameters<typeof inspectionWith>[0];
const snapshot = (changes: Changes) => ({
  at: 0,
  inspection: inspectionWith(changes),
  tiers: undefined,
  failure: undefined,
});
const nothingYet = { at: 0, inspection: undefined, tiers: undefined, failure: undefined };
const deadLetters = { open: 1_037, byReason: {}, notCollected: 0 };

const states = {
  "✓ All is well": toTabState(snapshot({})),
  "● 2,000 waiting": toTabState(snapshot({ queue: { messages: 10, registrationsEstimate: 2_000, etaSeconds: 20 } })),
  "▲ 1,037 dead letters": toTabState(snapshot({ queue: { deadLetters } })),
  "✖ Worker down": toTabState(
    snapshot({ queue: { deadLetters }, tiers: [{ tier: "worker", health: "unhealthy", causes: ["denied"] }] }),
  ),
  "… Loading": toTabState(nothingYet),
};

t.test(
  "a tab says in its first words how things are, with a sign and an icon of another shape for each level",
  async (t) => {
    const assets = loadAssets();
    for (const [words, state] of Object.entries(states)) t.equal(state.words, words);
    const icons = new Set(Object.values(states).map(({ icon }) => icon));
    t.equal(icons.size, 5);
    const shapes = [...icons].map((icon) => {
      const svg = assets.find(assets.url(icon).replace("/assets/", ""))?.body.toString() ?? "";
      return svg.replaceAll(/#[\da-f]{3,6}/g, "");
    });
    t.equal(new Set(shapes).size, 5, "not by colour alone");
  },
);

t.test("a pause is told, unless something is worse", async (t) => {
  const paused = { paused: true };
  t.equal(toTabState(snapshot({}), paused).words, "▲ Paused");
  t.equal(toTabState(snapshot({ queue: { deadLetters } }), paused).words, "▲ Paused, 1,037 dead letters");
  const down = snapshot({ tiers: [{ tier: "web", health: "unhealthy", causes: [] }] });
  t.equal(toTabState(down, paused).words, "✖ Web tier down");
});

t.test("the state comes before the page and the event; an error in a form before all", async (t) => {
  const state = states["▲ 1,037 dead letters"];
  t.equal(titleWith(state, "Overview", "Summit"), "▲ 1,037 dead letters – Overview – Summit");
  t.equal(titleWith(state, "Error: Edit", undefined), "Error: Edit – ▲ 1,037 dead letters – Turnout console");
});
