/** Checks the account's quotas against what a deployment needs. A quota that cannot be read is unknown, not short. */
import { DescribeLimitsCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeAddressesCommand,
  DescribeInstanceTypesCommand,
  paginateDescribeInstances,
  paginateDescribeVpcs,
  type _InstanceType,
} from "@aws-sdk/client-ec2";
import { GetAWSDefaultServiceQuotaCommand, GetServiceQuotaCommand } from "@aws-sdk/client-service-quotas";
import { GetAccountCommand } from "@aws-sdk/client-sesv2";
import { Type, type Static } from "typebox";
import type { DeploymentClients } from "../stack/clients.ts";
import { stackTag } from "../stack/deployed-stack.ts";
import { mailPlanOf } from "../stack/mail-account.ts";
import { propertiesOf, type Template } from "../stack/template.ts";

const verdicts = ["enough", "short at the peak", "short", "unknown"] as const;

export const Quota = Type.Object(
  {
    name: Type.String(),
    needed: Type.Integer({ minimum: 0, description: "for the deployment to succeed" }),
    peak: Type.Integer({ minimum: 0, description: "with both tiers at their maximum" }),
    used: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], { description: "by everything else; null: unknown" }),
    limit: Type.Union([Type.Number(), Type.Null()], { description: "null: unknown" }),
    verdict: Type.Enum([...verdicts]),
    detail: Type.String({ description: "why it is unknown; else empty" }),
  },
  { additionalProperties: false },
);

export type Quota = Static<typeof Quota>;

export interface Demand {
  readonly instances: readonly { readonly type: string; readonly least: number; readonly most: number }[];
  readonly addresses: number;
  readonly networks: number;
  /** Write units a second of the most demanding table. */
  readonly tableWrites: number;
  /** Mails a second at most; undefined where there is no mail. */
  readonly mailsPerSecond?: number | undefined;
}

type Properties = Readonly<Record<string, unknown>>;

function option(properties: Properties, name: string): string {
  const settings = properties["OptionSettings"] as readonly { OptionName: string; Value: unknown }[] | undefined;
  const value = settings?.find(({ OptionName }) => OptionName === name)?.Value;
  return typeof value === "string" ? value : "";
}

/** @returns what a template needs of the quotas that a new account reaches first */
export function demandOf(template: Template): Demand {
  const ofType = (type: string) => propertiesOf(template, type);
  const instances = ofType("AWS::ElasticBeanstalk::Environment").map((properties) => {
    const isWeb = (properties["Tier"] as { Name?: string } | undefined)?.Name === "WebServer";
    // A new version replaces half of the web tier at a time.
    const withUpdate = (count: number) => (isWeb ? Math.ceil(count * 1.5) : count);
    return {
      type: option(properties, "InstanceTypes").split(",")[0] ?? "",
      least: withUpdate(Number(option(properties, "MinSize")) || 1),
      most: withUpdate(Number(option(properties, "MaxSize")) || 1),
    };
  });
  const writes = ofType("AWS::DynamoDB::GlobalTable").map((table) => {
    const warm = table["WarmThroughput"] as { WriteUnitsPerSecond?: number } | undefined;
    return warm?.WriteUnitsPerSecond ?? 0;
  });
  return {
    instances,
    addresses: ofType("AWS::EC2::EIP").length,
    networks: ofType("AWS::EC2::VPC").length,
    tableWrites: Math.max(0, ...writes),
    mailsPerSecond: mailPlanOf(template)?.perSecond,
  };
}

/** Instance families of the standard quota: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html */
const standard = /^(?!inf|hpc|dl|mac|trn)[acdhimrtz]/;

interface QuotaCheck {
  readonly name: string;
  readonly needed: number;
  readonly peak?: number;
  readonly used: () => Promise<number>;
  readonly limit: () => Promise<number>;
}

async function checkQuota({ name, needed, peak = needed, used, limit }: QuotaCheck): Promise<Quota> {
  const [using, allowed] = await Promise.allSettled([used(), limit()]);
  const why = [using, allowed].find((result) => result.status === "rejected")?.reason as unknown;
  const taken = using.status === "fulfilled" ? using.value : null;
  const most = allowed.status === "fulfilled" ? allowed.value : null;
  const row = { name, needed, peak, used: taken, limit: most };
  if (taken === null || most === null) {
    return { ...row, verdict: "unknown", detail: why instanceof Error ? `${why.name}: ${why.message}` : String(why) };
  }
  const left = most - taken;
  return { ...row, verdict: left < needed ? "short" : left < peak ? "short at the peak" : "enough", detail: "" };
}

/**
 * @param stack name of the stack, whose own usage is not counted against it
 * @param exists whether the stack, with its addresses and network, exists already
 * @returns a row for each quota; never rejects
 */
export async function checkQuotas(
  { ec2, quotas, dynamoDb, ses }: Pick<DeploymentClients, "ec2" | "quotas" | "dynamoDb" | "ses">,
  demand: Demand,
  stack: string,
  exists: boolean,
): Promise<Quota[]> {
  async function limit(service: string, code: string): Promise<number> {
    const key = { ServiceCode: service, QuotaCode: code };
    try {
      const { Quota: found } = await quotas.send(new GetServiceQuotaCommand(key));
      if (found?.Value !== undefined) return found.Value;
    } catch (error) {
      // An account has no value of its own until it requested one.
      if (!(error instanceof Error) || error.name !== "NoSuchResourceException") throw error;
    }
    const { Quota: standardQuota } = await quotas.send(new GetAWSDefaultServiceQuotaCommand(key));
    if (standardQuota?.Value === undefined) throw new Error(`Service Quotas knows no ${service} ${code}`);
    return standardQuota.Value;
  }

  async function processors(): Promise<Map<string, number>> {
    const types = [...new Set(demand.instances.map(({ type }) => type))] as _InstanceType[];
    if (types.length === 0) return new Map();
    const { InstanceTypes = [] } = await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: types }));
    return new Map(InstanceTypes.map(({ InstanceType = "", VCpuInfo }) => [InstanceType, VCpuInfo?.DefaultVCpus ?? 1]));
  }

  async function processorsInUse(): Promise<number> {
    const Filters = [{ Name: "instance-state-name", Values: ["pending", "running"] }];
    let sum = 0;
    for await (const { Reservations = [] } of paginateDescribeInstances({ client: ec2 }, { Filters })) {
      for (const { InstanceType = "", Tags, CpuOptions } of Reservations.flatMap(({ Instances = [] }) => Instances)) {
        if (!standard.test(InstanceType) || Tags?.some(({ Key, Value }) => Key === stackTag && Value === stack))
          continue;
        sum += (CpuOptions?.CoreCount ?? 1) * (CpuOptions?.ThreadsPerCore ?? 1);
      }
    }
    return sum;
  }

  async function addressesInUse(): Promise<number> {
    const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
    return Addresses.length;
  }

  async function networksInUse(): Promise<number> {
    let count = 0;
    for await (const { Vpcs = [] } of paginateDescribeVpcs({ client: ec2 }, {})) count += Vpcs.length;
    return count;
  }

  let sizes = new Map<string, number>();
  let unknownSizes: unknown;
  try {
    sizes = await processors();
  } catch (error) {
    unknownSizes = error;
  }
  const sum = (bound: "least" | "most") =>
    demand.instances.reduce((total, one) => total + one[bound] * (sizes.get(one.type) ?? 1), 0);
  const checks: QuotaCheck[] = [
    {
      name: "running On-Demand Standard instances, in vCPUs",
      needed: sum("least"),
      peak: sum("most"),
      used: () => (unknownSizes === undefined ? processorsInUse() : Promise.reject(unknownSizes)),
      limit: () => limit("ec2", "L-1216C47A"),
    },
    {
      name: "Elastic IP addresses",
      needed: exists ? 0 : demand.addresses,
      used: addressesInUse,
      limit: () => limit("ec2", "L-0263D0A3"),
    },
    {
      name: "VPCs",
      needed: exists ? 0 : demand.networks,
      used: networksInUse,
      limit: () => limit("vpc", "L-F678F1CE"),
    },
    {
      name: "inbound rules of a security group",
      // CloudFront's prefix list counts as 55 rules.
      needed: 55,
      used: () => Promise.resolve(0),
      limit: () => limit("vpc", "L-0EA8095F"),
    },
    {
      name: "DynamoDB, write units of one table",
      needed: demand.tableWrites,
      used: () => Promise.resolve(0),
      async limit() {
        const { TableMaxWriteCapacityUnits } = await dynamoDb.send(new DescribeLimitsCommand({}));
        if (TableMaxWriteCapacityUnits === undefined) throw new Error("DynamoDB named no limit");
        return TableMaxWriteCapacityUnits;
      },
    },
  ];
  if (demand.mailsPerSecond !== undefined) checks.push(...mailChecks(ses, demand.mailsPerSecond));
  return Promise.all(checks.map(checkQuota));
}

/** One mail for each registration that is stored; how many there will be only the organiser knows. */
function mailChecks(ses: DeploymentClients["ses"], perSecond: number): QuotaCheck[] {
  const account = ses.send(new GetAccountCommand({}));
  // Each row awaits it; this only marks it as handled.
  account.catch(() => undefined);
  const quota = async () => {
    const { SendQuota } = await account;
    if (SendQuota?.MaxSendRate === undefined) throw new Error("SES named no quota");
    return SendQuota;
  };
  return [
    {
      name: "SES, mails in a second",
      needed: 1,
      peak: perSecond,
      used: () => Promise.resolve(0),
      limit: async () => (await quota()).MaxSendRate ?? 0,
    },
    {
      name: "SES, mails in 24 hours, one for each registration",
      needed: 1,
      used: async () => Math.ceil((await quota()).SentLast24Hours ?? 0),
      async limit() {
        const { Max24HourSend = 0 } = await quota();
        // SES's word for no quota.
        return Max24HourSend < 0 ? Number.MAX_SAFE_INTEGER : Max24HourSend;
      },
    },
  ];
}
