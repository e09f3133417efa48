import { t } from "../../equipment/file-test.ts";
import { refusedChanges } from "../../../deploy/deploy/live-changes.ts";
import { parseTemplate, type Template } from "../../../deploy/stack/template.ts";
import { fullSettings, longSettings, synthesized } from "../../infra/templates.ts";

async function templateOf(settings?: Readonly<Record<string, unknown>>): Promise<Template> {
  const { main } = await synthesized(settings === undefined ? {} : { settings });
  return parseTemplate(JSON.stringify(main));
}

/** The template of other settings, where another synthesis would only put another text in the same place. */
function replaced(template: Template, ...pairs: readonly (readonly [from: string | RegExp, to: string])[]): Template {
  return parseTemplate(pairs.reduce((text, [from, to]) => text.replaceAll(from, to), JSON.stringify(template)));
}

function without(template: Template, prefix: string): Template {
  const Resources = Object.fromEntries(Object.entries(template.Resources).filter(([id]) => !id.startsWith(prefix)));
  return { ...template, Resources };
}

const plain = await templateOf();
const full = await templateOf(fullSettings);
const placed = await templateOf(longSettings);
const otherType = await templateOf({ webInstanceType: "m7i.large" });

/** What changes, from which template to which, and what is refused; nothing where the change is safe. */
const transitions: readonly (readonly [name: string, from: Template, to: Template, refused: readonly RegExp[]])[] = [
  ["nothing", plain, plain, []],
  ["an own domain, more warm throughput, a second NAT gateway and the firewall are added", plain, full, [/domainName/]],
  [
    "all of these are taken away",
    full,
    plain,
    [
      /domainName.*listener rules.*VPC origin.*60 of a security group.*second stack/,
      /tableWarmWritesPerSecond.*lowers/,
    ],
  ],
  ["another own domain", full, replaced(full, ["summit.example.org", "fair.example.org"]), [/domainName/]],
  ["other certificates for the same domain", full, replaced(full, [/certificate\/\d+/g, "certificate/3"]), []],
  [
    "zones are named for a stack that has none",
    replaced(placed, [/"AvailabilityZoneId":"use1-az/g, '"AvailabilityZone":"us-east-1']),
    placed,
    [/zones.*subnet cannot move/],
  ],
  ["other zones", placed, replaced(placed, ["use1-az5", "use1-az6"]), [/zones/]],
  [
    "warm throughput is raised",
    plain,
    replaced(plain, ['"WriteUnitsPerSecond":4000', '"WriteUnitsPerSecond":8000']),
    [],
  ],
  [
    "warm throughput is lowered",
    full,
    replaced(full, ['"WriteUnitsPerSecond":10000', '"WriteUnitsPerSecond":4000']),
    [/tableWarmWritesPerSecond.*lowers/],
  ],
  ["other instance types", plain, otherType, []],
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticbeanstalk-environment.html
  ["other tags of the organiser", full, replaced(full, ["events team", "press"]), []],
  [
    "access to the instances",
    plain,
    replaced(plain, ["ssmmessages:OpenDataChannel", "ssm:UpdateInstanceInformation"]),
    [],
  ],
  ["another platform version", plain, replaced(plain, [/6\.11\.5/g, "6.12.0"]), []],
  ["more instances", plain, replaced(plain, ['"Value":"20"', '"Value":"40"']), []],
  ["the firewall, on a stack with an own domain", full, replaced(full, ["WebACLId", "Comment2"]), []],
  ["another address range", plain, replaced(plain, ["10.0.0.0/16", "10.1.0.0/16"]), [/network.*this version/]],
  [
    "a public load balancer",
    plain,
    replaced(plain, ['"Scheme":"internal"', '"Scheme":"internet-facing"']),
    [/load balancer/],
  ],
  [
    "a stack in which nginx stood before the web tier",
    replaced(plain, [/("OptionName":"Port","Value":)"8080"/g, '$1"80"']),
    plain,
    [/port on which the load balancer reaches the web tier.*do not listen.*second stack/],
  ],
  [
    "another path and pace of the health checks",
    replaced(plain, [
      '"OptionName":"HealthCheckInterval","Value":"10"',
      '"OptionName":"HealthCheckInterval","Value":"15"',
    ]),
    plain,
    [],
  ],
  [
    "a table under another id",
    plain,
    replaced(plain, ["DataRegistrations", "StoreRegistrations"]),
    [/tables or queues/],
  ],
  [
    "a table with another key",
    plain,
    replaced(plain, ['"AttributeName":"email"', '"AttributeName":"id"']),
    [/tables or queues/],
  ],
  ["mail, turned off", full, without(full, "Mail"), []],
  ["mail, turned on", without(full, "Mail"), full, []],
  [
    "a mails table with another key",
    full,
    replaced(full, ['"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"Replicas"', '"KeySchema":[],"Replicas"']),
    [/tables or queues/],
  ],
  ["a table that is new", without(plain, "DataOutcomes"), plain, []],
];

for (const [name, from, to, refused] of transitions) {
  t.test(`${name}: ${refused.length === 0 ? "can be deployed" : "is refused with what to do"}`, async (t) => {
    const found = refusedChanges(from, to);
    t.equal(found.length, refused.length, found.join("\n"));
    for (const [index, pattern] of refused.entries()) t.match(found[index], pattern);
    for (const text of found) t.match(text, /\. (Leave it as it is|Give at least)/);
    if (!["nothing"].includes(name)) t.not(JSON.stringify(from), JSON.stringify(to), "control: there is a change");
  });
}
