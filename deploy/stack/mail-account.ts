/**
 * Checks whether SES lets the account send a deployment's mails: the account's state and quota, and the sender's identity.
 * Read-only. Before a deployment it says what stops it, afterwards it is part of `turnout doctor` and `verify`.
 */
import { GetAccountCommand, GetEmailIdentityCommand, type DkimAttributes } from "@aws-sdk/client-sesv2";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { kindOf } from "../../shared/aws/aws-error.ts";
import { attempt, failed, ok, type Check } from "./checklist.ts";
import type { DeploymentClients } from "./clients.ts";
import type { Template } from "./template.ts";

/** What `infra/stack.ts` writes into the template where there is mail. */
const MailPlan = Type.Object({
  identity: Type.String(),
  /** Whether the stack makes the identity. */
  isManaged: Type.Boolean(),
  stage: Type.Union([Type.Literal("test"), Type.Literal("production")]),
  perSecond: Type.Integer(),
});

export type MailPlan = Static<typeof MailPlan>;
const validator = Compile(MailPlan);

/** @returns undefined where there is no mail */
export function mailPlanOf({ Metadata = {} }: Template): MailPlan | undefined {
  const plan = Metadata["turnout:mail"];
  return plan === undefined ? undefined : validator.Parse(plan);
}

export interface MailCheck extends Check {
  /** What it means for a deployment. */
  readonly weight: "fine" | "to know" | "in the way";
}

export type MailSubject = Pick<MailPlan, "identity" | "isManaged"> & { readonly stage: string | undefined };

/** Share of the daily quota from which on it is told. */
const nearlyUsed = 0.9;

const accountCheck = "mail account";
const quotaCheck = "mail quota";
const identityCheck = "mail identity";

async function checkAccount(ses: DeploymentClients["ses"], stage: string | undefined): Promise<MailCheck[]> {
  const account = await ses.send(new GetAccountCommand({}));
  const { ProductionAccessEnabled, SendingEnabled, EnforcementStatus = "HEALTHY", SendQuota = {} } = account;
  return [
    stateOf(ProductionAccessEnabled === true, SendingEnabled === true, EnforcementStatus, stage),
    quotaOf(SendQuota),
  ];
}

function stateOf(isProduction: boolean, isEnabled: boolean, enforcement: string, stage: string | undefined): MailCheck {
  if (!isEnabled || enforcement === "SHUTDOWN") {
    const todo =
      enforcement === "HEALTHY"
        ? "Somebody paused it: aws sesv2 put-account-sending-attributes --sending-enabled resumes it."
        : "AWS stopped it for its bounces or complaints: answer the case in the Support Center; SES's reputation page names the reason.";
    return {
      ...failed(accountCheck, `SES sends nothing for this account (${enforcement})`, todo),
      weight: "in the way",
    };
  }
  if (!isProduction) {
    const found = "in SES's sandbox: mail reaches only verified recipients and SES's simulator, 200 a day";
    const todo = "Ask for production access, in SES's console under Account dashboard; AWS answers within about a day.";
    if (stage === "production") return { ...failed(accountCheck, found, todo), weight: "in the way" };
    return { ...ok(accountCheck, `${found}; enough for a test stage`), weight: "to know" };
  }
  if (enforcement !== "HEALTHY") {
    const todo = "SES's reputation page names the reason. Mend it before the event: a pause comes next.";
    return { ...failed(accountCheck, `sends, but is under review (${enforcement})`, todo), weight: "to know" };
  }
  return { ...ok(accountCheck, "may send to everybody"), weight: "fine" };
}

function quotaOf({ Max24HourSend: most = -1, SentLast24Hours: sent = 0, MaxSendRate: rate = 0 }): MailCheck {
  const pace = `${rate} a second`;
  // SES's word for no quota.
  if (most < 0) return { ...ok(quotaCheck, `no daily quota, ${pace}`), weight: "fine" };
  const found = `${Math.ceil(sent)} of ${most} sent in 24 hours, ${pace}`;
  if (sent < most * nearlyUsed) return { ...ok(quotaCheck, found), weight: "fine" };
  const todo =
    "Mail waits until the quota has room again, 14 days at most. Ask for more in the Service Quotas console.";
  return { ...failed(quotaCheck, found, todo), weight: "to know" };
}

/** The DNS records by which a domain proves itself. */
function recordsOf(domain: string, { Tokens = [] }: DkimAttributes): string {
  return Tokens.map((token) => `${token}._domainkey.${domain} CNAME ${token}.dkim.amazonses.com`).join(", ");
}

async function checkIdentity(ses: DeploymentClients["ses"], { identity, isManaged }: MailSubject): Promise<MailCheck> {
  // The stack's own cannot be verified before it is there.
  const weight = isManaged ? "to know" : "in the way";
  try {
    const found = await ses.send(new GetEmailIdentityCommand({ EmailIdentity: identity }));
    const { VerifiedForSendingStatus: isVerified, DkimAttributes: dkim = {} } = found;
    const state = `DKIM ${(dkim.Status ?? "unknown").toLowerCase().replaceAll("_", " ")}`;
    const isDomain = !identity.includes("@");
    const records = isDomain ? recordsOf(identity, dkim) : "";
    const publish = `Publish its DNS records, then wait up to 72 hours${records && `: ${records}`}.`;
    if (isVerified !== true) {
      const todo = isDomain
        ? publish
        : "Open the link in AWS's mail to this address, within 24 hours after it was sent.";
      return {
        ...failed(identityCheck, `${identity} is not verified, ${state}: SES rejects every mail`, todo),
        weight,
      };
    }
    if (isDomain && (dkim.Status !== "SUCCESS" || dkim.SigningEnabled !== true)) {
      const todo = dkim.SigningEnabled === true ? publish : "Turn DKIM signing on, in SES's console.";
      const seen = `${identity} is verified, ${state}${dkim.SigningEnabled === true ? "" : ", signing off"}: much mail will count as spam`;
      return { ...failed(identityCheck, seen, todo), weight: "to know" };
    }
    return { ...ok(identityCheck, `${identity} is verified, ${state}`), weight: "fine" };
  } catch (error) {
    if (kindOf(error) !== "missing-resource") throw error;
    const todo = isManaged
      ? "The deployment makes it; turnout doctor then names the DNS records to publish, and mail waits until it is verified."
      : "Create it in SES's console in this region and verify it, or have the stack make it: -c mailIdentityManaged=true.";
    return { ...failed(identityCheck, `SES knows no identity ${identity} in this region`, todo), weight };
  }
}

/**
 * @returns checks of account, quota and identity; what cannot be read is unknown
 * @throws only the signal's reason
 */
export async function checkMailAccount(
  { ses }: Pick<DeploymentClients, "ses">,
  subject: MailSubject,
  signal: AbortSignal,
): Promise<readonly MailCheck[]> {
  const checks = [
    ...(await attempt(accountCheck, signal, () => checkAccount(ses, subject.stage))),
    ...(await attempt(identityCheck, signal, () => checkIdentity(ses, subject))),
  ];
  return checks.map((check) => ({ weight: "to know" as const, ...check }));
}

/** @returns the same as results of `turnout doctor` */
export function plainChecks(checks: readonly MailCheck[]): Check[] {
  return checks.map(({ name, status, found, todo }) => ({ name, status, found, todo }));
}
