import {
  SendBulkEmailCommand,
  SESv2Client,
  type BulkEmailEntryResult,
  type BulkEmailStatus,
  type SendBulkEmailCommandInput,
} from "@aws-sdk/client-sesv2";
import { mockClient } from "aws-sdk-client-mock";
import { t } from "../../equipment/file-test.ts";
import { createMailSender, type Mail } from "../../../worker/mail/mail-sender.ts";

type Answer = (input: SendBulkEmailCommandInput) => BulkEmailEntryResult[] | Error;

const addressOf = ({ Destination }: { Destination?: { ToAddresses?: string[] | undefined } | undefined }) =>
  Destination?.ToAddresses?.[0] ?? "";
const addressesOf = ({ BulkEmailEntries: entries = [] }: SendBulkEmailCommandInput) => entries.map(addressOf);
const success: Answer = (input) =>
  addressesOf(input).map((_, index) => ({ Status: "SUCCESS", MessageId: `m-${index}` }));

function prepare(answer: Answer) {
  const ses = mockClient(new SESv2Client({ region: "eu-central-1" }));
  let decide = answer;
  const inputs: SendBulkEmailCommandInput[] = [];
  ses.on(SendBulkEmailCommand).callsFake((input: SendBulkEmailCommandInput) => {
    inputs.push(input);
    const answered = decide(input);
    if (answered instanceof Error) throw answered;
    return { BulkEmailEntryResults: answered };
  });
  const calls: number[] = [];
  const sender = createMailSender({
    ses: ses as unknown as SESv2Client,
    from: "Summit <tickets@summit.org>",
    configurationSet: "mails",
    contents: {
      contentOf: (kind, language) => ({
        subject: `${kind} ${language}`,
        text: "{{link}}",
        html: "<p>{{link}}</p>",
        headers: [{ name: "Auto-Submitted", value: "auto-generated" }],
        attachments: [{ fileName: "event.ics", contentType: "text/calendar", bytes: Buffer.from("BEGIN:VCALENDAR") }],
      }),
    },
    onCall: (mails) => calls.push(mails),
  });
  return { sender, inputs, calls, answer: (how: Answer) => (decide = how) };
}

const always = () => true;

const mails = (count: number): Mail[] =>
  Array.from({ length: count }, (_, index) => ({
    email: `p${index}@summit.org`,
    link: `https://x.org/${index}`,
    reference: `R${index}`,
  }));

function sesError(name: string, message = name, status = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

t.test("one call sends the same content to all, each with the link of its own", async (t) => {
  const { sender, inputs } = prepare(success);
  t.same(await sender.send("confirmed", "de", mails(2), always), [
    { kind: "sent", messageId: "m-0" },
    { kind: "sent", messageId: "m-1" },
  ]);
  t.match(inputs, [
    {
      FromEmailAddress: "Summit <tickets@summit.org>",
      ConfigurationSetName: "mails",
      DefaultContent: {
        Template: {
          TemplateContent: { Subject: "confirmed de", Text: "{{link}}", Html: "<p>{{link}}</p>" },
          TemplateData: "{}",
          Headers: [{ Name: "Auto-Submitted", Value: "auto-generated" }],
          Attachments: [{ FileName: "event.ics", ContentType: "text/calendar" }],
        },
      },
      BulkEmailEntries: [
        {
          Destination: { ToAddresses: ["p0@summit.org"] },
          ReplacementEmailContent: {
            ReplacementTemplate: { ReplacementTemplateData: '{"link":"https://x.org/0","reference":"R0"}' },
          },
        },
        { Destination: { ToAddresses: ["p1@summit.org"] } },
      ],
    },
  ]);
});

t.test("each status of a destination means one thing", async (t) => {
  const meanings: Record<BulkEmailStatus, string> = {
    SUCCESS: "sent",
    MESSAGE_REJECTED: "rejected",
    INVALID_PARAMETER: "rejected",
    FAILED: "failed",
    TRANSIENT_FAILURE: "failed",
    ACCOUNT_THROTTLED: "throttled",
    ACCOUNT_DAILY_QUOTA_EXCEEDED: "system",
    ACCOUNT_SENDING_PAUSED: "system",
    ACCOUNT_SUSPENDED: "system",
    CONFIGURATION_SET_NOT_FOUND: "system",
    CONFIGURATION_SET_SENDING_PAUSED: "system",
    INVALID_SENDING_POOL_NAME: "system",
    MAIL_FROM_DOMAIN_NOT_VERIFIED: "system",
    TEMPLATE_NOT_FOUND: "system",
  };
  const { sender, answer } = prepare(success);
  for (const [status, meaning] of Object.entries(meanings)) {
    answer(() => [{ Status: status as BulkEmailStatus, Error: "because of p0@summit.org" }]);
    const [result] = await sender.send("confirmed", undefined, mails(1), always);
    t.equal(result?.kind, meaning, status);
    t.notMatch(JSON.stringify(result), /p0@summit\.org/, "no address in what is recorded and logged");
    if (result?.kind === "system") t.notOk(result.doubtful);
  }
  answer(() => []);
  t.match(await sender.send("confirmed", undefined, mails(1), always), [{ kind: "failed" }], "no status is none");
});

t.test("each error of a whole call means one thing, for all of its mails", async (t) => {
  const meanings: [error: Error, meaning: string, doubtful?: boolean][] = [
    [sesError("TooManyRequestsException", "Maximum sending rate exceeded.", 429), "throttled"],
    [sesError("ThrottlingException"), "throttled"],
    [sesError("TooManyRequestsException", "Daily message quota exceeded.", 429), "system", false],
    [sesError("LimitExceededException"), "system", false],
    [sesError("SendingPausedException"), "system", false],
    [sesError("AccountSuspendedException"), "system", false],
    [sesError("MailFromDomainNotVerifiedException"), "system", false],
    [sesError("NotFoundException", "no configuration set", 404), "system", false],
    [sesError("AccessDeniedException", "not allowed", 403), "system", false],
    [sesError("InternalServiceErrorException", "oops", 500), "system", false],
    [Object.assign(new Error("refused"), { code: "ECONNREFUSED" }), "system", false],
    [Object.assign(new Error("reset"), { code: "ECONNRESET" }), "system", true],
    [Object.assign(new Error("late"), { name: "TimeoutError", code: "ETIMEDOUT" }), "system", true],
    [sesError("MessageRejected", "Email address is not verified: Summit <Tickets@Summit.org>"), "system", false],
  ];
  const { sender, answer, calls } = prepare(success);
  for (const [error, meaning, doubtful] of meanings) {
    answer(() => error);
    calls.length = 0;
    const results = await sender.send("confirmed", undefined, mails(3), always);
    t.same(
      results.map(({ kind }) => kind),
      [meaning, meaning, meaning],
      `${error.name} ${error.message}`,
    );
    for (const result of results) if (result.kind === "system") t.equal(result.doubtful, doubtful, error.message);
    t.same(calls, [3]);
  }
});

t.test("an address that makes the whole call fail harms nobody else's", async (t) => {
  const { sender, answer, calls } = prepare(success);
  answer((input) => {
    const bad = addressesOf(input).includes("p7@summit.org");
    return bad ? sesError("BadRequestException", "Invalid address <p7@summit.org>") : success(input);
  });
  const results = await sender.send("confirmed", undefined, mails(50), always);
  t.equal(results.filter(({ kind }) => kind === "sent").length, 49);
  t.match(results[7], { kind: "rejected", detail: /^BadRequestException: Invalid address/ });
  t.notMatch(JSON.stringify(results[7]), /p7@/);
  t.equal(calls.length, 51);
});

t.test("when nothing of a content was ever accepted, its rejection does not concern the addresses", async (t) => {
  const { sender, answer } = prepare(() => sesError("BadRequestException", "Invalid template"));
  t.match(await sender.send("confirmed", "de", mails(2), always), [{ kind: "failed" }, { kind: "failed" }]);
  t.match(await sender.send("confirmed", "de", mails(1), always), [{ kind: "failed" }]);
  answer(success);
  await sender.send("confirmed", "de", mails(1), always);
  answer(() => sesError("BadRequestException", "Invalid address"));
  t.match(await sender.send("confirmed", "de", mails(1), always), [{ kind: "rejected" }], "it was accepted meanwhile");
  t.match(await sender.send("confirmed", "en", mails(1), always), [{ kind: "failed" }], "that one was not");
});

t.test("sent one by one, it ends when the caller says so, and tells which were never tried", async (t) => {
  const refuseMany: Answer = (input) =>
    addressesOf(input).length > 1 ? sesError("BadRequestException") : success(input);
  const { sender, calls } = prepare(refuseMany);
  const results = await sender.send("confirmed", undefined, mails(50), () => calls.length < 11);
  t.same(
    results.map(({ kind }) => kind),
    Array.from({ length: 50 }, (_, index) => (index < 10 ? "sent" : "untried")),
  );
  t.equal(calls.length, 11);

  const control = prepare(refuseMany);
  await control.sender.send("confirmed", undefined, mails(50), always);
  t.equal(control.calls.length, 51, "control: without a limit all 50 are called");
});

t.test("sent one by one, an outage in between stops the rest, which SES never heard of", async (t) => {
  let alone = 0;
  const { sender } = prepare((input) => {
    if (addressesOf(input).length > 1) return sesError("BadRequestException");
    alone += 1;
    return alone > 2 ? Object.assign(new Error("reset"), { code: "ECONNRESET" }) : success(input);
  });
  const results = await sender.send("confirmed", undefined, mails(5), always);
  t.same(
    results.map(({ kind }) => kind),
    ["sent", "sent", "system", "system", "system"],
  );
  t.same(
    results.map((result) => result.kind === "system" && result.doubtful),
    [false, false, true, false, false],
  );
  t.equal(alone, 3);
});
