import { GetAccountCommand, GetEmailIdentityCommand, type GetAccountResponse } from "@aws-sdk/client-sesv2";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { checkMailAccount, mailPlanOf, plainChecks } from "../../../deploy/stack/mail-account.ts";
import { parseTemplate } from "../../../deploy/stack/template.ts";
import { fullSettings, synthesized } from "../../infra/templates.ts";
import { awsError, openAccount } from "./account-stand-in.ts";

const calm = new AbortController().signal;
const healthy = {
  ProductionAccessEnabled: true,
  SendingEnabled: true,
  EnforcementStatus: "HEALTHY",
  SendQuota: { Max24HourSend: 50_000, SentLast24Hours: 120.4, MaxSendRate: 14 },
};
const dkim = { Status: "SUCCESS" as const, SigningEnabled: true, Tokens: ["aa", "bb"] };

function open(t: Test, account: GetAccountResponse = {}, identity: object | Error = {}) {
  const { clients, mocks } = openAccount(t);
  mocks.ses.on(GetAccountCommand).resolves({ ...healthy, ...account });
  const asked = mocks.ses.on(GetEmailIdentityCommand);
  if (identity instanceof Error) asked.rejects(identity);
  else asked.resolves({ VerifiedForSendingStatus: true, DkimAttributes: dkim, ...identity });
  return (subject: Partial<Parameters<typeof checkMailAccount>[1]> = {}) =>
    checkMailAccount(clients, { identity: "example.org", isManaged: false, stage: "production", ...subject }, calm);
}

t.test("an account that may send, with quota and a verified domain, passes", async (t) => {
  const checks = await open(t)();
  t.match(plainChecks(checks), [
    { name: "mail account", status: "ok" },
    { name: "mail quota", status: "ok", found: "121 of 50000 sent in 24 hours, 14 a second" },
    { name: "mail identity", status: "ok", found: "example.org is verified, DKIM success" },
  ]);
  t.ok(checks.every(({ weight }) => weight === "fine"));
});

t.test("the sandbox is in a production's way, and enough for a test stage", async (t) => {
  const check = open(t, { ProductionAccessEnabled: false });
  t.match((await check())[0], { status: "failed", weight: "in the way", found: /sandbox/, todo: /production access/ });
  t.match((await check({ stage: "test" }))[0], { status: "ok", weight: "to know", found: /only verified recipients/ });
});

t.test("paused sending is told apart by who paused it, a review is told before it", async (t) => {
  t.match((await open(t, { SendingEnabled: false })())[0], {
    status: "failed",
    weight: "in the way",
    todo: /put-account-sending-attributes/,
  });
  t.match((await open(t, { EnforcementStatus: "SHUTDOWN" })())[0], { weight: "in the way", todo: /Support Center/ });
  t.match((await open(t, { EnforcementStatus: "PROBATION" })())[0], { status: "failed", weight: "to know" });
});

t.test("a quota that is nearly used is told; none is fine", async (t) => {
  const used = { SendQuota: { Max24HourSend: 200, SentLast24Hours: 190, MaxSendRate: 1 } };
  t.match((await open(t, used)())[1], { status: "failed", weight: "to know", todo: /Service Quotas/ });
  const none = { SendQuota: { Max24HourSend: -1, SentLast24Hours: 9e6, MaxSendRate: 500 } };
  t.match((await open(t, none)())[1], { status: "ok", found: "no daily quota, 500 a second" });
});

t.test("an identity that is not verified names the DNS records, or the link in AWS's mail", async (t) => {
  const pending = { VerifiedForSendingStatus: false, DkimAttributes: { ...dkim, Status: "PENDING" } };
  const check = open(t, {}, pending);
  t.match((await check())[2], {
    status: "failed",
    weight: "in the way",
    todo: /aa\._domainkey\.example\.org CNAME aa\.dkim\.amazonses\.com, bb\._domainkey/,
  });
  t.match((await check({ isManaged: true }))[2], { weight: "to know" }, "the stack's own can't be verified before");
  t.match((await check({ identity: "a@example.org" }))[2], { status: "failed", todo: /link in AWS's mail/ });
});

t.test("DKIM that is pending or off is told, though mail is sent", async (t) => {
  const failing = open(t, {}, { DkimAttributes: { ...dkim, Status: "FAILED" } });
  t.match((await failing())[2], { status: "failed", weight: "to know", found: /DKIM failed/, todo: /CNAME/ });
  const off = open(t, {}, { DkimAttributes: { ...dkim, SigningEnabled: false } });
  t.match((await off())[2], { status: "failed", found: /signing off/, todo: /Turn DKIM signing on/ });
  t.match((await off({ identity: "a@example.org" }))[2], { status: "ok" }, "an address has no DKIM of its own");
});

t.test("a missing identity is in the way, unless the stack makes it", async (t) => {
  const check = open(t, {}, awsError("NotFoundException", "Email identity <example.org> does not exist."));
  t.match((await check())[2], { status: "failed", weight: "in the way", todo: /mailIdentityManaged=true/ });
  t.match((await check({ isManaged: true }))[2], { weight: "to know", todo: /The deployment makes it/ });
});

t.test("what may not be read is unknown, and no reason to stop", async (t) => {
  const { clients, mocks } = openAccount(t);
  mocks.ses.onAnyCommand().rejects(awsError("AccessDeniedException", "not authorized: ses:GetAccount"));
  const subject = { identity: "example.org", isManaged: false, stage: "production" };
  const checks = await checkMailAccount(clients, subject, calm);
  t.match(checks, [
    { name: "mail account", status: "unknown", weight: "to know", found: /ses:GetAccount/ },
    { name: "mail identity", status: "unknown", weight: "to know" },
  ]);
});

t.test("what is checked before a deployment stands in its template", async (t) => {
  const template = async (settings: object) =>
    parseTemplate(JSON.stringify((await synthesized({ settings: { ...settings } })).main));
  t.equal(mailPlanOf(await template({})), undefined);
  t.match(mailPlanOf(await template(fullSettings)), {
    identity: "example.org",
    isManaged: true,
    stage: "production",
    perSecond: 50,
  });
});
