/** Who sends mail, and as whom: the settings `mailFrom`, `mailIdentity` and `publicUrl`, and what follows from them. */
import type { StackConfig } from "./config.ts";

/** A name that needs no quotes, or one in quotes, before an address in angle brackets; or an address alone. */
const address = String.raw`[^\s@<>",;:()]+@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}`;
export const mailFromPattern = String.raw`^(("[^"\\<>\r\n]{1,100}"|[^"\\<>@,;:()\r\n]{1,100}) <${address}>|${address})$`;
export const mailIdentityPattern = String.raw`^([^\s@<>",;:()]+@)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$`;

export interface Sender {
  /** As in the header of a mail. */
  readonly from: string;
  /** Without the name. */
  readonly address: string;
  /** The domain or address that SES has verified. */
  readonly identity: string;
  /** Whether the stack makes the identity. */
  readonly isManaged: boolean;
  /** Where the site is for everybody: links begin with it. */
  readonly publicUrl: string;
}

/** @returns the address in `Name <a@b>`, or the text itself */
function addressOf(from: string): string {
  return /<(.+)>$/.exec(from)?.[1] ?? from;
}

function domainOf(mailAddress: string): string {
  return mailAddress.slice(mailAddress.lastIndexOf("@") + 1);
}

/** @returns the public URL by the settings; undefined where only CloudFront will know it */
export function publicUrlOf({ publicUrl, domainName }: Pick<StackConfig, "publicUrl" | "domainName">) {
  return publicUrl ?? (domainName === undefined ? undefined : `https://${domainName}`);
}

/** @returns undefined where there is no mail */
export function senderOf(config: StackConfig): Sender | undefined {
  const { mailFrom, mailIdentity, mailIdentityManaged } = config;
  const publicUrl = publicUrlOf(config);
  if (mailFrom === undefined || publicUrl === undefined) return undefined;
  const sender = addressOf(mailFrom);
  return {
    from: mailFrom,
    address: sender,
    identity: mailIdentity ?? domainOf(sender),
    isManaged: mailIdentityManaged,
    publicUrl,
  };
}

/** @returns what contradicts itself in the settings */
export function mailErrors(config: StackConfig): string[] {
  const { mailFrom, mailIdentity, mailIdentityManaged, mailsPerSecond, publicUrl, domainName } = config;
  const errors: string[] = [];
  if (publicUrl !== undefined && domainName !== undefined && publicUrl !== `https://${domainName}`) {
    errors.push(`publicUrl was ${publicUrl}, but domainName says https://${domainName}: leave publicUrl out`);
  }
  if (config.registrationChallenge && !config.waf) {
    errors.push("registrationChallenge is a rule of the firewall: it needs waf=true");
  }
  if (mailFrom === undefined) {
    const others = { mailIdentity, mailIdentityManaged: mailIdentityManaged || undefined, mailsPerSecond };
    const useless = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (useless.length > 0) errors.push(`${useless.join(", ")} without mailFrom: there is no mail without a sender`);
    return errors;
  }
  if (publicUrlOf(config) === undefined) {
    errors.push(
      "mailFrom needs publicUrl, where links in mails lead: CloudFront's own name is only known when the worker tier is made already. Deploy without mailFrom first, then with publicUrl as the output Url says; or give an own domain",
    );
  }
  const sender = addressOf(mailFrom).toLowerCase();
  const identity = mailIdentity?.toLowerCase() ?? domainOf(sender);
  const isCovered = identity.includes("@")
    ? identity === sender
    : domainOf(sender) === identity || domainOf(sender).endsWith(`.${identity}`);
  if (!isCovered) {
    errors.push(`mailIdentity was ${identity}, which says nothing about the sender ${sender}: give it or its domain`);
  }
  return errors;
}
