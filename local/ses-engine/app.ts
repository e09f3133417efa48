/**
 * The embedded SES as a plugin tree, ready for `listen` or `inject`: the API for programs, and an inbox for people.
 *
 * Mails hold links that open registrations. So programs are told from web pages as at the other engines, and the pages of
 * the inbox are for this machine's browser alone: no other site may load or frame them.
 */
import Fastify, { type FastifyInstance } from "fastify";
import { browserRejection, pageRejection } from "../browser-rejection.ts";
import { createAccount, type Account, type AccountSettings } from "./account.ts";
import { apiRoutes } from "./api-routes.ts";
import { inboxRoutes } from "./inbox-routes.ts";
import { createInboxView } from "./inbox-view.ts";
import { createMailbox, type Mailbox, type MailboxOptions } from "./mailbox.ts";
import { createSender } from "./sender.ts";
import { SesError } from "./ses-error.ts";

export interface SesAppOptions {
  /** What the account may do at first. Default: everything, at 1,000 mails a second. */
  readonly settings?: Partial<AccountSettings>;
  readonly mailbox?: MailboxOptions;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newMessageId: () => string;
}

export interface SesApp {
  readonly app: FastifyInstance;
  readonly account: Account;
  readonly mailbox: Mailbox;
}

/** SES takes messages of 40 MB, attachments in base64 included. */
const maxBodyBytes = 40 * 1_048_576;

const pageHeaders = {
  "content-security-policy": [
    "default-src 'none'",
    "style-src 'self'",
    "img-src data:",
    "frame-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
} as const;

function isForPeople(method: string, url: string): boolean {
  return (method === "GET" || method === "HEAD") && !url.startsWith("/v2/") && !url.startsWith("/control");
}

export async function buildSesApp(options: SesAppOptions): Promise<SesApp> {
  const { settings, now, newMessageId } = options;
  const account = createAccount(now, settings);
  const mailbox = createMailbox(options.mailbox);
  const sender = createSender({ account, mailbox, now, newMessageId });
  const view = createInboxView();
  const app = Fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    forceCloseConnections: true,
    // Clients keep connections as long as they like and close them.
    keepAliveTimeout: 0,
    routerOptions: { maxParamLength: 320 },
  });
  app.addHook("onRequest", async ({ method, url, headers }, reply) => {
    reply.headers(pageHeaders);
    const rejection = isForPeople(method, url) ? pageRejection(headers) : browserRejection(headers);
    return rejection === undefined ? undefined : reply.code(403).type("text/plain").send(`${rejection}\n`);
  });
  app.setErrorHandler((error, { method, url }, reply) => {
    const { statusCode = 500, message } = error as { statusCode?: number; message: string };
    if (isForPeople(method, url)) {
      const page = view.page("problem", "That failed", { text: message });
      return reply.code(statusCode).type("text/html").send(page);
    }
    const known =
      error instanceof SesError
        ? error
        : new SesError(statusCode < 500 ? "BadRequestException" : "InternalServiceErrorException", message);
    return reply.code(known.status).header("x-amzn-errortype", known.code).send({ message: known.message });
  });
  app.setNotFoundHandler((request, reply) => {
    const { method, url } = request;
    if (isForPeople(method, url)) {
      const page = view.page("problem", "Not found", { text: "There is nothing at this address." });
      return reply.code(404).type("text/html").send(page);
    }
    const text = `The embedded SES does not know ${method} ${url}.`;
    return reply.code(404).header("x-amzn-errortype", "NotFoundException").send({ message: text });
  });
  await app.register(apiRoutes, { account, mailbox, sender });
  await app.register(inboxRoutes, { mailbox, view });
  return { app, account, mailbox };
}
