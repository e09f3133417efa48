import { GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import { DescribeAvailabilityZonesCommand, DescribeInstanceTypeOfferingsCommand } from "@aws-sdk/client-ec2";
import { ListPlatformVersionsCommand } from "@aws-sdk/client-elastic-beanstalk";
import { GetAccountCommand, GetEmailIdentityCommand } from "@aws-sdk/client-sesv2";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import {
  checkMail,
  checkTemplate,
  chooseSettings,
  lateAction,
  readLiveTemplate,
} from "../../../deploy/deploy/preflight.ts";
import { readStack } from "../../../deploy/stack/deployed-stack.ts";
import { parseTemplate, type Template } from "../../../deploy/stack/template.ts";

import { fullSettings, longSettings, synthesized } from "../../infra/templates.ts";
import { awsError, openAccount } from "../stack/account-stand-in.ts";

const open = parseTemplate(JSON.stringify((await synthesized()).main));
/** With zones use1-az1 and use1-az5. */
const placed = parseTemplate(JSON.stringify((await synthesized({ settings: longSettings })).main));

function onPlatform(template: Template, version: string, openSettings: readonly string[]): Template {
  const text = JSON.stringify(template).replaceAll("/6.11.5", `/${version}`);
  return { ...parseTemplate(text), Metadata: { "turnout:open-settings": openSettings } };
}

const both = ["platformVersion", "zones"];

interface Offer {
  readonly versions?: readonly string[];
  /** Zone id → instance types. */
  readonly zones?: Readonly<Record<string, readonly string[]>>;
}

const northVirginia = {
  "use1-az4": ["c7g.medium"],
  "use1-az1": ["c7g.medium"],
  "use1-az3": ["c7g.medium"],
  "use1-az2": ["t3.micro"],
  "use1-az5": ["c7g.medium"],
};

/** Answers in pages, as the service does, and with what AWS's own filter lets through. */
function openRegion(t: Test, { versions = ["6.9.10", "6.12.0", "6.11.5"], zones = northVirginia }: Offer = {}) {
  const { clients, mocks } = openAccount(t);
  mocks.beanstalk.on(ListPlatformVersionsCommand).callsFake(({ Filters, NextToken = "0" }) => {
    t.match(Filters, [
      { Type: "PlatformBranchName", Operator: "=", Values: ["Node.js 24 running on 64bit Amazon Linux 2023"] },
      { Type: "PlatformStatus", Operator: "=", Values: ["Ready"] },
    ]);
    const at = Number(NextToken);
    const page = versions.slice(at, at + 2).map((PlatformVersion) => ({ PlatformVersion }));
    return { PlatformSummaryList: page, ...(at + 2 < versions.length && { NextToken: String(at + 2) }) };
  });
  mocks.ec2
    .on(DescribeAvailabilityZonesCommand)
    .resolves({
      AvailabilityZones: Object.keys(zones).map((ZoneId, index) => ({
        ZoneId,
        ZoneName: `us-east-1${"abcde"[index]}`,
      })),
    })
    .on(DescribeInstanceTypeOfferingsCommand)
    .callsFake(({ LocationType, Filters, NextToken = "0" }) => {
      t.equal(LocationType, "availability-zone-id");
      const wanted = Filters[0].Values as readonly string[];
      const all = Object.entries(zones).flatMap(([Location, types]) =>
        types.filter((type) => wanted.includes(type)).map((InstanceType) => ({ InstanceType, Location })),
      );
      const at = Number(NextToken);
      return {
        InstanceTypeOfferings: all.slice(at, at + 2),
        ...(at + 2 < all.length && { NextToken: String(at + 2) }),
      };
    });
  return { clients, mocks };
}

t.test(
  "a new stack takes the newest version, by number and not by text, and two zones that have all it needs",
  async (t) => {
    const { clients } = openRegion(t);
    const { choices, problems } = await chooseSettings(clients, onPlatform(open, "6.1.0", both), undefined);
    t.strictSame(problems, []);
    t.match(choices, [
      { setting: "platformVersion", value: "6.12.0", why: /newest of Node\.js 24/ },
      { setting: "zones", value: "use1-az1,use1-az4", why: /use1-az2: c7g\.medium not offered.*use1-az3: CloudFront/ },
    ]);
  },
);

t.test(
  "a live stack keeps what was chosen for it, though there is newer; what it records is its own template",
  async (t) => {
    const { clients } = openRegion(t);
    const live = onPlatform(placed, "6.11.5", []);
    const { choices, problems } = await chooseSettings(clients, onPlatform(open, "6.1.0", both), live);
    t.strictSame(problems, []);
    t.match(choices, [
      {
        setting: "platformVersion",
        value: "6.11.5",
        why: /as deployed; 6\.12\.0 is there: -c platformVersion=6\.12\.0/,
      },
      { setting: "zones", value: "use1-az1,use1-az5", why: "as deployed" },
    ]);
  },
);

t.test("zones that were given in another order stay with their subnets", async (t) => {
  const { clients } = openRegion(t);
  const swapped = JSON.stringify(placed)
    .replaceAll("use1-az1", "use1-az9")
    .replaceAll("use1-az5", "use1-az1")
    .replaceAll("use1-az9", "use1-az5");
  const { choices } = await chooseSettings(clients, onPlatform(open, "6.1.0", both), parseTemplate(swapped));
  t.match(choices[1], { setting: "zones", value: "use1-az5,use1-az1" }, "sorted, each subnet would have to move");
});

t.test("a superseded version that AWS no longer lists stays with the stack that has it", async (t) => {
  const { clients } = openRegion(t, { versions: ["6.12.0"] });
  const live = onPlatform(placed, "6.1.0", []);
  t.match(await chooseSettings(clients, onPlatform(open, "6.11.5", both), live), {
    choices: [{ value: "6.1.0" }, {}],
    problems: [],
  });
  t.match(await chooseSettings(clients, onPlatform(placed, "6.1.0", []), live), { choices: [], problems: [] });
});

t.test("the operator's own version and zones are taken, if the account has them", async (t) => {
  const { clients } = openRegion(t);
  t.strictSame(await chooseSettings(clients, onPlatform(placed, "6.9.10", []), undefined), {
    choices: [],
    problems: [],
    warnings: [],
  });
  const bad = onPlatform(parseTemplate(JSON.stringify(placed).replaceAll("use1-az5", "use1-az3")), "6.1.0", []);
  t.match(await chooseSettings(clients, bad, undefined), {
    problems: [
      /6\.1\.0 is not offered.*Offered are 6\.12\.0, 6\.11\.5, 6\.9\.10/,
      /use1-az3 cannot be used: CloudFront has no VPC origins.*use1-az1, use1-az4, use1-az5/,
    ],
  });
});

t.test("a region without two such zones, or without the platform, is told with the reason", async (t) => {
  const { clients } = openRegion(t, {
    versions: [],
    zones: { "usw1-az1": ["c7g.medium"], "usw1-az2": ["c7g.medium"] },
  });
  t.match(await chooseSettings(clients, onPlatform(open, "6.1.0", both), undefined), {
    choices: [],
    problems: [
      /offers no version of Node\.js 24/,
      /Two zones with c7g\.medium are needed, and this region has usw1-az1 \(usw1-az2: CloudFront/,
    ],
  });
});

t.test("an instance type that the zones of a live stack lack is told before it is tried", async (t) => {
  const zones = { ...northVirginia, "use1-az5": ["t3.micro"] };
  const { clients } = openRegion(t, { zones });
  const live = onPlatform(placed, "6.11.5", []);
  const { problems } = await chooseSettings(clients, onPlatform(open, "6.1.0", both), live);
  t.match(problems, [/use1-az5 cannot be used: c7g\.medium not offered there/]);
});

t.test("an older live stack whose zones were left to the account stays as it is", async (t) => {
  const { clients } = openRegion(t);
  const { choices } = await chooseSettings(clients, onPlatform(open, "6.1.0", both), onPlatform(open, "6.11.5", []));
  t.strictSame(
    choices.map(({ setting }) => setting),
    ["platformVersion"],
  );
});

t.test("who may not ask is told so, and nothing is guessed", async (t) => {
  const { clients, mocks } = openRegion(t);
  mocks.beanstalk.on(ListPlatformVersionsCommand).rejects(awsError("AccessDenied"));
  await t.rejects(chooseSettings(clients, onPlatform(open, "6.1.0", both), undefined), { name: "AccessDenied" });
});

t.test("the live template is read for a stack that is there, not for one under review", async (t) => {
  const stack = { name: "summit-test", status: "UPDATE_COMPLETE", stage: "test" as const };
  const { clients, mocks } = openAccount(t, [stack, { ...stack, name: "new-test", status: "REVIEW_IN_PROGRESS" }]);
  mocks.cloudFormation.on(GetTemplateCommand).resolves({ TemplateBody: JSON.stringify(placed) });
  const read = async (name: string) =>
    readLiveTemplate(clients.cloudFormation, await readStack(clients.cloudFormation, name));
  t.same(await read("summit-test"), placed);
  t.equal(await read("new-test"), undefined);
  t.equal(await read("none-test"), undefined);
});

const rush = { name: "Opening", raiseAt: "2027-03-01T08:45:00Z", releaseAt: "2027-03-01T09:30:00Z" };
const soon = { ...open, Metadata: { "turnout:rushes-not-raised": [rush] } };
const before = Date.parse("2027-03-01T08:10:00Z");
const during = Date.parse("2027-03-01T09:00:00Z");

t.test("too near to a rush, a new stack is told what the clock cannot do, a live one waits", async (t) => {
  t.match(checkTemplate(soon, undefined, before), { problems: [], warnings: [/too late for the clock.*by hand/] });
  t.match(checkTemplate(soon, soon, before), { warnings: [], problems: [/08:45:00Z.*take that action away. Wait/] });
  t.match(checkTemplate(soon, soon, during), { problems: [], warnings: [/under way.*until 2027-03-01T09:30:00Z/] });
  t.strictSame(checkTemplate(open, open, before), { choices: [], problems: [], warnings: [] });
});

t.test("an action of the clock that comes while the deployment runs is seen", async (t) => {
  const raise = Date.parse("2027-03-01T08:45:00Z");
  t.equal(lateAction(open, raise - 31 * 60_000), undefined);
  t.match(lateAction(open, raise - 29 * 60_000), /08:45:00Z, is now too near/);
});

t.test("where there is mail, what SES does not allow stops the deployment or is told", async (t) => {
  const { clients, mocks } = openAccount(t);
  const calm = new AbortController().signal;
  const mailing = parseTemplate(JSON.stringify((await synthesized({ settings: fullSettings })).main));
  mocks.ses.on(GetAccountCommand).resolves({ SendingEnabled: true, ProductionAccessEnabled: false });
  mocks.ses.on(GetEmailIdentityCommand).rejects(awsError("NotFoundException"));
  const { problems, warnings, choices } = await checkMail(clients, mailing, calm);
  t.match(problems, [/^mail account: .*sandbox.*\. Ask for production access/]);
  t.match(warnings, [/^mail identity: .*no identity example\.org.*The deployment makes it/]);
  t.strictSame([problems.length, warnings.length, choices.length], [1, 1, 0]);
  t.strictSame(await checkMail(clients, open, calm), { choices: [], problems: [], warnings: [] });
});
