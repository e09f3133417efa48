/** What is measured side by side: the product's two tiers as they are, and the usual designs in `peers/`. */
import { readFileSync } from "node:fs";

export type TierName = "web" | "worker";

export interface Variant {
  /** Such as `web/product`: how it is called in results and by `--only`. */
  readonly name: string;
  readonly tier: TierName;
  readonly label: string;
  readonly script: string;
  readonly nodeFlags: readonly string[];
  /** How much work one round is, next to others of the tier: what costs ten times as much gets fewer people. */
  readonly people: number;
  /**
   * How many come before those who count: enough for V8 to have compiled what they need. A process is given several
   * seconds of its own CPU time, so what costs ten times as much needs fewer people here, too.
   */
  readonly warmUp: number;
  /** Where what it accepts can be counted afterwards. */
  readonly keeps: "queue" | "table" | "nothing";
  /** For workers, what a message holds: packs of so many, or 0 for one plain registration. */
  readonly packSize: number;
  /** A worker that is posted to, as Beanstalk's daemon does, instead of polling. */
  readonly posted: boolean;
  /** `requested`: the tier asks for a mail for everybody. `sent`: a worker is given nothing but such requests. */
  readonly mails?: "requested" | "sent";
  /** Behind an nginx, whose CPU time is counted with its own. */
  readonly behindNginx?: true;
}

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  scripts: Record<string, string>;
};

/** @returns the flags with which `npm run web` and `npm run worker` start a tier's Node: measured is what is run */
export function tierNodeFlags(tier: TierName): string[] {
  return (manifest.scripts[tier] ?? "").split(" ").filter((word) => /^--(?!import=)/.test(word));
}

/** For variants that pack or keep nothing: tens of microseconds each. */
const many = { people: 60_000, warmUp: 100_000 };
/** For those that send up to ten at once: hundreds. */
const some = { people: 10_000, warmUp: 20_000 };
/** For those that send each by itself: about a thousand. */
const few = { people: 4_000, warmUp: 8_000 };

type Amount = Pick<Variant, "people" | "warmUp">;

function product(tier: TierName, name: string, label: string, packSize: number, amount: Amount): Variant {
  return {
    name: `${tier}/${name}`,
    tier,
    label,
    script: `${tier}/main.ts`,
    nodeFlags: tierNodeFlags(tier),
    ...amount,
    keeps: tier === "web" ? "queue" : "table",
    packSize,
    posted: false,
  };
}

function withMails(variant: Variant, mails: "requested" | "sent"): Variant {
  const label = mails === "requested" ? `${variant.label}, with mails on` : "Turnout, its mailer alone";
  const name = mails === "requested" ? `${variant.name}-mails` : `${variant.tier}/mailer`;
  return { ...variant, name, label, mails, ...(mails === "sent" && { keeps: "nothing", ...some }) };
}

/** What an operator pays for is an instance, and on it a platform's proxy stands in front of every process. */
function behindNginx(variant: Variant): Variant {
  return { ...variant, name: `${variant.name}-nginx`, label: `${variant.label}, behind nginx`, behindNginx: true };
}

function peer(tier: TierName, name: string, label: string, rest: Partial<Variant>): Variant {
  return {
    name: `${tier}/${name}`,
    tier,
    label,
    script: `bench/peers/${tier}/${name}.ts`,
    nodeFlags: [],
    ...few,
    keeps: tier === "web" ? "queue" : "table",
    packSize: 0,
    posted: false,
    ...rest,
  };
}

/** The packs that a worker finds: what the web tier's group commit makes of a rush on this machine, and its ends. */
const usualPack = 50;

const web = product("web", "product", "Turnout, whole", 0, many);
const worker = product("worker", "product", `Turnout, packs of ${usualPack}`, usualPack, many);

const bareFastify = peer("web", "bare-fastify", "bare Fastify, nothing kept", { ...many, keeps: "nothing" });
const sendMessage = peer("web", "send-message", "Fastify, one SendMessage per request", {});

export const variants: readonly Variant[] = [
  web,
  behindNginx(web),
  withMails(web, "requested"),
  bareFastify,
  behindNginx(bareFastify),
  peer("web", "fastify-schema", "Fastify with schemas, nothing kept", { ...many, keeps: "nothing" }),
  sendMessage,
  behindNginx(sendMessage),
  peer("web", "express-send-message", "Express, one SendMessage per request", {}),
  peer("web", "send-message-batch", "Fastify, SendMessageBatch of 10", some),
  peer("web", "put-item", "Fastify, one PutItem per request, no queue", { keeps: "table" }),

  worker,
  withMails(worker, "requested"),
  withMails(worker, "sent"),
  product("worker", "product-full-packs", "Turnout, full packs of 250", 250, many),
  product("worker", "product-single", "Turnout, packs of 1", 1, few),
  peer("worker", "one-by-one", "one message, one PutItem", { people: few.people / 2, warmUp: few.warmUp / 4 }),
  peer("worker", "ten-put-items", "receive 10, PutItem each", {}),
  peer("worker", "daemon-post", "POST per message, as Beanstalk's daemon", { posted: true }),
  peer("worker", "batch-write", "receive 10, BatchWriteItem of 10", some),
];

/** @throws Error when there is none */
export function variantNamed(name: string): Variant {
  const variant = variants.find((candidate) => candidate.name === name);
  if (!variant) throw new Error(`no variant ${name}; there are ${variants.map((known) => known.name).join(", ")}`);
  return variant;
}
