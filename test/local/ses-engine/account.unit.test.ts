import { t } from "../../equipment/file-test.ts";
import { createAccount, type AccountSettings } from "../../../local/ses-engine/account.ts";

const from = "registration@example.org";

function account(settings: Partial<AccountSettings> = {}) {
  const time = { now: 1_000_000 };
  return { time, account: createAccount(() => time.now, settings) };
}

t.test(
  "no more recipients a second are let in than the rate allows; whoever sends at the rate is let in",
  async (t) => {
    const { time, account: paced } = account({ maxSendRate: 10 });
    for (let call = 0; call < 20; call++) {
      t.doesNotThrow(() => paced.admit(from, 10));
      time.now += 1_000;
    }
    const { time: other, account: hasty } = account({ maxSendRate: 10 });
    hasty.admit(from, 10);
    t.throws(() => hasty.admit(from, 2), {
      code: "TooManyRequestsException",
      message: "Maximum sending rate exceeded.",
    });
    other.now += 150;
    t.doesNotThrow(() => hasty.admit(from, 2));
    t.match(hasty.counts, { calls: 3, throttled: 1 });
  },
);

t.test("a call for more than a second's worth is let in, and the next one waits for all of it", async (t) => {
  const { time, account: small } = account({ maxSendRate: 10 });
  small.admit(from, 50);
  time.now += 3_900;
  t.throws(() => small.admit(from, 10), { code: "TooManyRequestsException" });
  time.now += 1_100;
  t.doesNotThrow(() => small.admit(from, 10));
});

t.test("what exceeds the quota of 24 hours is refused by destination, until a day later", async (t) => {
  const { time, account: limited } = account({ max24HourSend: 2 });
  const check = () => limited.check(["a@example.org"]).status;
  t.same([check(), check(), check()], ["SUCCESS", "SUCCESS", "ACCOUNT_DAILY_QUOTA_EXCEEDED"]);
  t.equal(limited.counts.sentLast24Hours, 2);
  time.now += 86_400_000 + 60_000;
  t.equal(check(), "SUCCESS");
  t.equal(limited.counts.sentLast24Hours, 1);
});

t.test("each trouble has the error that SES answers with", async (t) => {
  const { account: troubled } = account();
  const admit = () => troubled.admit(from, 1);
  for (const [mode, code] of [
    ["throttle", "TooManyRequestsException"],
    ["paused", "SendingPausedException"],
    ["suspended", "AccountSuspendedException"],
  ] as const) {
    troubled.change({ mode });
    t.throws(admit, { code }, mode);
  }
  troubled.change({ mode: "ok" });
  t.doesNotThrow(admit);
});

t.test("senders must be verified, by address or domain; in the sandbox recipients too", async (t) => {
  const { account: careful } = account({ verified: ["example.org", "one@other.example"] });
  t.doesNotThrow(() => careful.admit(from, 1));
  t.throws(() => careful.admit("two@other.example", 1), { code: "MessageRejected" });
  t.equal(careful.check(["two@other.example"]).status, "SUCCESS");
  careful.change({ productionAccess: false });
  t.equal(careful.check(["two@other.example"]).status, "MESSAGE_REJECTED");
  t.equal(careful.check(["one@other.example"]).status, "SUCCESS");
});

t.test("a test may give single addresses a status, and all others another", async (t) => {
  const { account: told } = account({ statuses: { "a@example.org": "MESSAGE_REJECTED", "*": "TRANSIENT_FAILURE" } });
  t.equal(told.check(["A@example.org"]).status, "MESSAGE_REJECTED");
  t.equal(told.check(["b@example.org"]).status, "TRANSIENT_FAILURE");
  told.change({ statuses: {} });
  t.equal(told.check(["a@example.org"]).status, "SUCCESS");
});
