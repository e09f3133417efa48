/** The embedded SES as the AWS SDK sees it. */
import {
  GetAccountCommand,
  GetEmailIdentityCommand,
  SendBulkEmailCommand,
  SendEmailCommand,
  type SendBulkEmailCommandInput,
} from "@aws-sdk/client-sesv2";
import { t } from "../../equipment/file-test.ts";
import { linksOf } from "../../equipment/inbox.ts";
import { startMailEngine } from "../../equipment/mail-engine.ts";

const { ses, inbox, account, url, set, reset } = await startMailEngine(t);
t.beforeEach(() => reset());

const from = "Turnout <registration@localhost>";

function bulk(addresses: readonly string[]): SendBulkEmailCommandInput {
  return {
    FromEmailAddress: from,
    DefaultContent: {
      Template: {
        TemplateContent: {
          Subject: "You are registered",
          Text: "See {{link}} at {{place}}",
          Html: "<p>{{link}} {{place}}</p>",
        },
        TemplateData: JSON.stringify({ place: "here" }),
        Headers: [{ Name: "Auto-Submitted", Value: "auto-generated" }],
        Attachments: [
          { FileName: "event.ics", ContentType: "text/calendar", RawContent: new TextEncoder().encode("Größe") },
        ],
      },
    },
    BulkEmailEntries: addresses.map((address, index) => ({
      Destination: { ToAddresses: [address] },
      ReplacementEmailContent: {
        ReplacementTemplate: { ReplacementTemplateData: JSON.stringify({ link: `http://127.0.0.1/r/${index}` }) },
      },
    })),
  };
}

const people = (count: number) => Array.from({ length: count }, (_, index) => `person-${index}@example.org`);
const send = (input: SendBulkEmailCommandInput) => ses.send(new SendBulkEmailCommand(input));

async function statusesOf(input: SendBulkEmailCommandInput) {
  const { BulkEmailEntryResults = [] } = await send(input);
  return BulkEmailEntryResults.map(({ Status }) => Status);
}

t.test("a bulk call puts a mail of its own into each inbox", async (t) => {
  const { BulkEmailEntryResults = [] } = await send(bulk(people(50)));
  t.equal(BulkEmailEntryResults.length, 50);
  t.ok(BulkEmailEntryResults.every(({ Status, MessageId }) => Status === "SUCCESS" && MessageId));
  const mail = await inbox.mailTo("person-7@example.org");
  t.match(mail, {
    messageId: BulkEmailEntryResults[7]?.MessageId,
    from,
    subject: "You are registered",
    text: "See http://127.0.0.1/r/7 at here",
    html: "<p>http://127.0.0.1/r/7 here</p>",
    headers: { "Auto-Submitted": "auto-generated" },
    attachments: [{ name: "event.ics", type: "text/calendar", size: 7 }],
    delivery: "delivered",
  });
  t.same(linksOf(mail), ["http://127.0.0.1/r/7"]);
  t.equal(await (await fetch(`${url}/mails/${mail.id}/attachments/1`)).text(), "Größe");
  t.equal((await inbox.mailsTo("person-8@example.org", 1)).length, 1);
});

t.test("an entry's data and headers replace those of the template", async (t) => {
  const input = bulk(["ada@example.org"]);
  await send({
    ...input,
    BulkEmailEntries: [
      {
        Destination: { ToAddresses: ["ada@example.org"] },
        ReplacementEmailContent: {
          ReplacementTemplate: { ReplacementTemplateData: JSON.stringify({ link: "l", place: "there" }) },
        },
        ReplacementHeaders: [
          { Name: "auto-submitted", Value: "no" },
          { Name: "X-Own", Value: "1" },
        ],
      },
    ],
  });
  t.match(await inbox.mailTo("ada@example.org"), {
    text: "See l at there",
    headers: { "auto-submitted": "no", "X-Own": "1" },
  });
});

t.test("more than 50 destinations are refused as a whole", async (t) => {
  await t.rejects(send(bulk(people(51))), { name: "BadRequestException" });
  t.same(await inbox.mails(), []);
});

t.test("bad destinations are told beside good ones, which are sent", async (t) => {
  const input = bulk([
    "good@example.org",
    "no address",
    "ünicode@example.org",
    "also-good@example.org",
    "rejected@a.org",
  ]);
  const last = { Destination: { ToAddresses: ["data@example.org"] } };
  const broken = { ReplacementTemplate: { ReplacementTemplateData: "{" } };
  set({ statuses: { "rejected@a.org": "MESSAGE_REJECTED" } });
  const entries = [...input.BulkEmailEntries!, { ...last, ReplacementEmailContent: broken }];
  t.same(await statusesOf({ ...input, BulkEmailEntries: entries }), [
    "SUCCESS",
    "INVALID_PARAMETER",
    "INVALID_PARAMETER",
    "SUCCESS",
    "MESSAGE_REJECTED",
    "INVALID_PARAMETER",
  ]);
  t.same(
    (await inbox.mails()).map(({ to }) => to),
    ["also-good@example.org", "good@example.org"],
  );
});

t.test("the addresses of the simulator are taken, and the inbox tells what became of them", async (t) => {
  const names = ["bounce", "complaint", "suppressionlist", "success"];
  const results = await statusesOf(bulk(names.map((name) => `${name}@simulator.amazonses.com`)));
  t.same(new Set(results), new Set(["SUCCESS"]));
  t.same(
    (await inbox.mails()).map(({ delivery }) => delivery),
    ["delivered", "suppressed", "complained", "bounced"],
  );
});

t.test("a mail without all of its values is taken, as by SES, and never delivered", async (t) => {
  const input = bulk(["ada@example.org"]);
  t.same(await statusesOf({ ...input, BulkEmailEntries: [{ Destination: { ToAddresses: ["ada@example.org"] } }] }), [
    "SUCCESS",
  ]);
  t.match(await inbox.mailTo("ada@example.org"), { delivery: "not rendered", problem: /'link'/ });
});

t.test("sending faster than the rate is throttled, and the account tells the rate", async (t) => {
  set({ maxSendRate: 1 });
  t.match((await ses.send(new GetAccountCommand({}))).SendQuota, { MaxSendRate: 1, Max24HourSend: -1 });
  await send(bulk(people(50)));
  await t.rejects(send(bulk(people(1))), { name: "TooManyRequestsException" });
  t.equal((await inbox.mails()).length, 50);
  t.equal(account.counts.throttled > 0, true);
});

t.test("beyond the quota of 24 hours destinations are refused, and the account tells what was sent", async (t) => {
  set({ max24HourSend: account.counts.sentLast24Hours + 2 });
  t.same(await statusesOf(bulk(people(3))), ["SUCCESS", "SUCCESS", "ACCOUNT_DAILY_QUOTA_EXCEEDED"]);
  const { SendQuota } = await ses.send(new GetAccountCommand({}));
  t.equal(SendQuota?.SentLast24Hours, SendQuota?.Max24HourSend);
});

t.test("each trouble arrives as the SDK's error, and goes with it", async (t) => {
  for (const [mode, name] of [
    ["throttle", "TooManyRequestsException"],
    ["paused", "SendingPausedException"],
    ["suspended", "AccountSuspendedException"],
    ["error", "InternalServiceErrorException"],
  ] as const) {
    await inbox.control({ mode });
    await t.rejects(send(bulk(people(1))), { name }, mode);
  }
  await inbox.control({ mode: "down" });
  await t.rejects(send(bulk(people(1))), { code: "ECONNRESET" });
  t.same(await inbox.mails(), [], "nothing was sent, and the inbox answers meanwhile");
  await inbox.control({ mode: "paused" });
  t.match(await ses.send(new GetAccountCommand({})), { SendingEnabled: false, EnforcementStatus: "HEALTHY" });
  await inbox.control({ mode: "suspended" });
  t.match(await ses.send(new GetAccountCommand({})), { SendingEnabled: false, EnforcementStatus: "SHUTDOWN" });
  await inbox.control({ mode: "ok" });
  t.same(await statusesOf(bulk(people(1))), ["SUCCESS"]);
});

t.test("an identity is verified or unknown, and an unverified sender is refused", async (t) => {
  set({ verified: ["example.org"] });
  t.match(await ses.send(new GetEmailIdentityCommand({ EmailIdentity: "example.org" })), {
    VerifiedForSendingStatus: true,
    IdentityType: "DOMAIN",
  });
  t.match(await ses.send(new GetEmailIdentityCommand({ EmailIdentity: "a+b@example.org" })), {
    VerificationStatus: "SUCCESS",
    IdentityType: "EMAIL_ADDRESS",
  });
  await t.rejects(ses.send(new GetEmailIdentityCommand({ EmailIdentity: "other.example" })), {
    name: "NotFoundException",
  });
  await t.rejects(send(bulk(people(1))), { name: "MessageRejected" });
});

t.test("a single mail is sent as it is, without filling anything in", async (t) => {
  const input = {
    FromEmailAddress: from,
    ReplyToAddresses: ["office@example.org"],
    Destination: { ToAddresses: ["Ada <ada@example.org>"] },
    Content: { Simple: { Subject: { Data: "Hi {{x}}" }, Body: { Text: { Data: "{{y}}" } } } },
  };
  const { MessageId } = await ses.send(new SendEmailCommand(input));
  t.match(await inbox.mailTo("ada@example.org"), {
    messageId: MessageId,
    to: "ada@example.org",
    subject: "Hi {{x}}",
    text: "{{y}}",
    html: null,
    headers: { "Reply-To": "office@example.org" },
    delivery: "delivered",
  });
  await t.rejects(ses.send(new SendEmailCommand({ ...input, Destination: { ToAddresses: ["nobody"] } })), {
    name: "BadRequestException",
  });
});
