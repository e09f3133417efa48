import { t } from "../../equipment/file-test.ts";
import { checkVolume, drawArrivals, parseSteps, stressBounds, requireOwnTarget } from "../../../load/stress/steps.ts";
import { isLoopback } from "../../../load/run/loopback.ts";

t.test("steps are whole numbers with commas between them, and little else", async (t) => {
  t.strictSame(parseSteps("100, 200,400"), [100, 200, 400]);
  for (const text of ["", "0", "1.5", "-1", "a", "100;200", "100,,200", "50001", "1e3", Array(21).fill("1").join()]) {
    t.throws(() => parseSteps(text), { code: "commander.invalidArgument" }, text);
  }
});

t.test("a run, and a step of it, sends no more than the bounds", async (t) => {
  t.doesNotThrow(() => checkVolume([100, 200], 600));
  t.throws(
    () =>
      checkVolume(
        Array.from({ length: 20 }, () => 500),
        600,
      ),
    {
      code: "TURNOUT_USAGE_INVALID",
      message: /6,000,000 registrations; at most 2,000,000/,
    },
  );
  const { requestsPerStep } = stressBounds;
  t.throws(() => checkVolume([requestsPerStep / 10 + 1], 10), { code: "TURNOUT_USAGE_INVALID", message: /one step/ });
});

t.test("people come at random moments, as many as they should, and in their order", async (t) => {
  let state = 7;
  const random = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
  const moments = drawArrivals(1_000, 20, random);
  t.ok(Math.abs(moments.length - 20_000) < 500, `${moments.length} of about 20,000`);
  t.ok(moments.every((moment, index) => moment >= (moments[index - 1] ?? 0) && moment < 20_000));
  // Independent arrivals: as many seconds above the mean as below, and a variance like the mean.
  const counts = Array.from({ length: 20 }, (_, second) => moments.filter((at) => Math.floor(at / 1_000) === second));
  const variance = counts.reduce((sum, { length }) => sum + (length - 1_000) ** 2, 0) / counts.length;
  t.ok(variance > 300 && variance < 3_000, `variance ${variance}`);
});

t.test("dice that show the same all the time still end", async (t) => {
  t.equal(drawArrivals(10, 1, () => 1 - Math.exp(-1)).length, 9);
});

t.test("this machine needs nobody's leave", async (t) => {
  for (const url of ["http://127.0.0.1:3000", "http://localhost", "http://[::1]:3000", "https://127.8.9.1/x"]) {
    t.equal(isLoopback(url), true, url);
    t.doesNotThrow(() => requireOwnTarget(url, false));
  }
  t.doesNotThrow(() => requireOwnTarget(undefined, false));
});

t.test("any other target is refused until somebody says that it is theirs, however it is dressed up", async (t) => {
  for (const url of [
    "https://register.example.org",
    "http://127.0.0.1.example.org",
    "http://localhost.example.org",
    "http://127.0.0.1@example.org",
    "http://10.0.0.1",
    "http://0.0.0.0",
    "http://[::ffff:192.0.2.1]",
  ]) {
    t.throws(
      () => requireOwnTarget(url, false),
      { code: "TURNOUT_USAGE_INVALID", message: /--i-own-this-target/ },
      url,
    );
    t.doesNotThrow(() => requireOwnTarget(url, true));
  }
});
