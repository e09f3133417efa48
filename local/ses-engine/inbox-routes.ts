/** The inbox: pages that show the mails that were sent, and the same as JSON for programs. Nothing here changes anything. */
import type { FastifyInstance, FastifyReply } from "fastify";
import { Type } from "typebox";
import type { InboxView } from "./inbox-view.ts";
import type { KeptMail, Mailbox } from "./mailbox.ts";
import { renderMail } from "./sent-mail.ts";

export interface InboxParts {
  readonly mailbox: Mailbox;
  readonly view: InboxView;
}

const pageSize = 50;
const maxJsonMails = 1_000;

const Query = Type.Object({
  to: Type.Optional(Type.String({ maxLength: 320 })),
  before: Type.Optional(Type.Integer({ minimum: 1 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxJsonMails })),
});
interface Query {
  readonly to?: string;
  readonly before?: number;
  readonly limit?: number;
}
const MailParams = Type.Object({ id: Type.Integer({ minimum: 1 }) });
const AttachmentParams = Type.Object({ id: Type.Integer({ minimum: 1 }), number: Type.Integer({ minimum: 1 }) });

/**
 * The HTML part is a document of its own in a sandboxed frame: it runs nothing and loads nothing from the network, and its
 * links open outside the frame.
 */
const bodyPolicy = [
  "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join("; ");

const mediaType = /^[\w.+-]+\/[\w.+-]+(;[\x20-\x7e]*)?$/;

/** @returns the mail as JSON */
function plainMail(mail: KeptMail) {
  const { id, messageId, at, to, from, delivery, problem, content } = mail;
  const { subject, text, html, headers } = renderMail(mail);
  return {
    id,
    messageId,
    at: at.toISOString(),
    to: to.join(", "),
    from,
    subject,
    headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
    text: text ?? null,
    html: html ?? null,
    attachments: content.attachments.map((part) => ({ name: part.name, type: part.type, size: part.content.length })),
    delivery,
    ...(problem !== undefined && { problem }),
  };
}

/** An empty field of the form asks for everybody's. */
function asked(to: string | undefined): string | undefined {
  const address = to?.trim();
  return address === "" ? undefined : address;
}

/** @returns the HTML part with links that leave the frame */
function framed(html: string): string {
  const base = '<base target="_blank">';
  return /<head\b[^>]*>/i.test(html) ? html.replace(/<head\b[^>]*>/i, (head) => head + base) : base + html;
}

export async function inboxRoutes(app: FastifyInstance, { mailbox, view }: InboxParts): Promise<void> {
  function notFound(reply: FastifyReply): FastifyReply {
    const page = view.page("problem", "No such mail", {
      text: "It was never sent, or the inbox has dropped it since.",
    });
    return reply.code(404).type("text/html").send(page);
  }

  app.get("/health", async () => ({ status: "ok" }));
  app.get("/assets/inbox.css", async (_request, reply) => reply.type("text/css").send(view.style));

  app.get<{ Querystring: Query }>("/", { schema: { querystring: Query } }, async ({ query }, reply) => {
    const to = asked(query.to);
    const mails = mailbox.newest({ to, before: query.before, limit: pageSize + 1 });
    const shown = mails.slice(0, pageSize);
    const older = mails.length > pageSize ? shown.at(-1)?.id : undefined;
    const page = view.page("inbox", to === undefined ? "Inbox" : `Inbox of ${to}`, {
      to,
      isFirst: query.before === undefined,
      older,
      counts: mailbox.counts,
      found: to === undefined ? mailbox.counts.kept : mailbox.countTo(to),
      mails: shown.map((mail) => ({ ...mail, subject: renderMail(mail).subject })),
    });
    return reply.type("text/html").send(page);
  });

  app.get<{ Querystring: Query }>("/mails.json", { schema: { querystring: Query } }, async ({ query }) => {
    const { before, limit = maxJsonMails } = query;
    return {
      ...mailbox.counts,
      mails: mailbox.newest({ to: asked(query.to), before, limit }).map((mail) => plainMail(mail)),
    };
  });

  const mailSchema = { schema: { params: MailParams } };
  app.get<{ Params: { id: number } }>("/mails/:id", mailSchema, async ({ params: { id } }, reply) => {
    const mail = mailbox.get(id);
    if (mail === undefined) return notFound(reply);
    const rendered = renderMail(mail);
    return reply.type("text/html").send(view.page("mail", rendered.subject, { mail, ...rendered }));
  });

  app.get<{ Params: { id: number } }>("/mails/:id/html", mailSchema, async ({ params: { id } }, reply) => {
    const mail = mailbox.get(id);
    const html = mail && renderMail(mail).html;
    if (html === undefined) return notFound(reply);
    return reply.header("content-security-policy", bodyPolicy).type("text/html").send(framed(html));
  });

  app.get<{ Params: { id: number; number: number } }>(
    "/mails/:id/attachments/:number",
    { schema: { params: AttachmentParams } },
    async ({ params: { id, number } }, reply) => {
      const attachment = mailbox.get(id)?.content.attachments[number - 1];
      if (attachment === undefined) return notFound(reply);
      const { name, type, content } = attachment;
      return reply
        .header("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(name)}`)
        .type(mediaType.test(type) ? type : "application/octet-stream")
        .send(content);
    },
  );
}
