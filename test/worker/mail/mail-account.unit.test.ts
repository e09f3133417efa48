import { GetAccountCommand, SESv2Client, type GetAccountCommandOutput } from "@aws-sdk/client-sesv2";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../../equipment/file-test.ts";
import { createMailAccount } from "../../../worker/mail/mail-account.ts";
import { createSendRate } from "../../../worker/mail/send-rate.ts";
import { eventually } from "../../equipment/eventually.ts";
import { recordLog } from "../../equipment/recorded-log.ts";

type Answer = Partial<GetAccountCommandOutput> | Error;

function prepare(answer: Answer, ratePerSecond?: number) {
  const ses = mockClient(new SESv2Client({ region: "eu-central-1" }));
  let decide = answer;
  ses.on(GetAccountCommand).callsFake(() => {
    if (decide instanceof Error) throw decide;
    return decide;
  });
  const now = () => performance.now();
  const rate = createSendRate({ limit: ratePerSecond ?? 1, now });
  const log = recordLog();
  const account = createMailAccount({
    ses: ses as unknown as SESv2Client,
    rate,
    ratePerSecond,
    everyMs: 5,
    logger: log.logger,
    now,
  });
  return { account, rate, log, answer: (next: Answer) => (decide = next) };
}

const quota = (MaxSendRate: number, SentLast24Hours = 0, Max24HourSend = 50_000) => ({
  SendQuota: { MaxSendRate, SentLast24Hours, Max24HourSend },
});

t.test("the account's rate is read at the start, and again now and then", async (t) => {
  const { account, rate, answer } = prepare(quota(14));
  account.start();
  t.teardown(account.stop);
  await eventually(() => rate.current() === 14, "the rate is taken over");
  answer(quota(80));
  await eventually(() => rate.current() === 80, "the new one too");
});

t.test("a rate that was set by hand is kept", async (t) => {
  const { account, rate } = prepare(quota(14), 3);
  t.equal(await account.trouble(), undefined);
  t.equal(rate.current(), 3);
});

t.test("an account that may not send says why", async (t) => {
  const { account, answer } = prepare({ SendingEnabled: false });
  t.match(await account.trouble(), { message: /^paused: sending is disabled/ });
  answer(quota(14, 200, 200));
  t.match(await account.trouble(), { message: /quota of 200 mails/ });
  answer(quota(14, 199, 200));
  t.equal(await account.trouble(), undefined);
  answer(quota(14, 1_000_000, -1));
  t.equal(await account.trouble(), undefined, "-1 is no quota");
});

t.test("an account that cannot be read is told once; only one out of reach keeps mails back", async (t) => {
  const denied = Object.assign(new Error("no"), { name: "AccessDeniedException", $metadata: { httpStatusCode: 403 } });
  const { account, answer, log, rate } = prepare(denied);
  t.equal(await account.trouble(), undefined);
  t.equal(await account.trouble(), undefined);
  t.equal(rate.current(), 1, "slow, while nothing is known");
  t.match(
    log.records.map(({ action, kind }) => [action, kind]),
    [["ses:GetAccount", "access-denied"]],
  );
  answer(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
  t.match(await account.trouble(), { kind: "unreachable", action: "ses:GetAccount" });
});
