import { t } from "../../equipment/file-test.ts";
import { conclude, assessStep, type JudgedStep, type StepFigures } from "../../../load/stress/verdict.ts";

const well: StepFigures = {
  offered: 1_000,
  accepted: 1_000,
  shed: 0,
  refused: 0,
  failed: 0,
  unsent: 0,
  acceptP99Ms: 40,
  lagP99Ms: 4,
  utilization: 0.3,
};
const assess = (changes: Partial<StepFigures>) => assessStep({ ...well, ...changes });

t.test("a step in which all goes well has no limit", async (t) => {
  t.strictSame(assess({}), { limit: "none", because: [] });
  t.equal(assess({ shed: 9, accepted: 991 }).limit, "none", "less than one in a hundred");
  t.equal(assess({ offered: 0, accepted: 0, acceptP99Ms: null }).limit, "none");
});

t.test("what only the service can do is the service's limit", async (t) => {
  t.match(assess({ shed: 300, accepted: 700 }), { limit: "service", because: [/shed 30 %/] });
  t.match(assess({ failed: 20 }), { limit: "service", because: [/failed 2\.0 %/] });
  t.match(assess({ refused: 20 }), { limit: "service", because: [/rejected/] });
  t.match(assess({ acceptP99Ms: 2_500 }), { limit: "service", because: [/took 2\.5 s or longer/] });
  t.match(assess({ unsent: 50 }), { limit: "service", because: [/50 requests could not be sent/] });
});

t.test("the limit for one client is told from the service's own, with what lifts it", async (t) => {
  const { because } = assess({ shed: 900, limited: 900, accepted: 100 });
  t.match(because.at(-1), /^90 % met the limit for one client \(429\).*loadTestFrom and loadTestUntil/);
  t.notMatch(assess({ shed: 900, accepted: 100 }).because.join(), "429");
});

t.test(
  "a generator that is too busy or too late is named, and its lateness is not blamed on the service",
  async (t) => {
    t.match(assess({ utilization: 0.9 }), { limit: "generator", because: [/event loop was 90 % busy/] });
    t.match(assess({ lagP99Ms: 400, acceptP99Ms: 2_500 }), {
      limit: "generator",
      because: [/1 % of the requests were sent 400 ms late/],
    });
    t.match(assess({ utilization: 1, unsent: 50 }), { limit: "generator", because: [/no connection left for 50/] });
    t.match(assess({ utilization: 1, shed: 300 }), { limit: "both", because: [/generator/, /service/] });
  },
);

const step = (ratePerSecond: number, limit: JudgedStep["limit"] = "none"): JudgedStep => ({
  ratePerSecond,
  acceptedPerSecond: ratePerSecond - 1,
  limit,
  because: limit === "none" ? [] : ["Why."],
});

t.test("a run sustains what its fastest step without a limit accepted", async (t) => {
  t.match(conclude([step(100), step(200), step(400, "service"), step(300), step(800, "generator")]), {
    sustainedPerSecond: 299,
    conclusion: /^It sustains 299 .* At 400 each second the service reached its limit\. Why\.$/,
  });
});

t.test("a slower step with a limit does not count, but is mentioned", async (t) => {
  t.match(conclude([step(100, "service"), step(200), step(400, "service")]), {
    sustainedPerSecond: 199,
    conclusion: /^It sustains 199 .* At 400 .* its limit\. Why\. The slower step of 100 each second .* Why\.$/,
  });
});

t.test(
  "when the generator reached its limit first, the report says that the limit of the service is unknown",
  async (t) => {
    t.match(conclude([step(100), step(200, "generator")]), { sustainedPerSecond: 99, conclusion: /is still unknown/ });
    t.match(conclude([step(100, "both")]), {
      sustainedPerSecond: null,
      conclusion: /Even the first.*may sustain more/,
    });
  },
);

t.test("a run without a limit says so, and one without a step as well", async (t) => {
  t.match(conclude([step(100)]), { sustainedPerSecond: 99, conclusion: /No step reached a limit/ });
  t.match(conclude([]), { sustainedPerSecond: null, conclusion: "Nothing was measured." });
});
