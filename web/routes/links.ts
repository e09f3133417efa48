/**
 * The lost link: asks for an address and has the link mailed to it. Only there where mail is set up.
 *
 * The reply is the same whatever the address: nothing is looked up here. The mailer finds the registration, if there is
 * one, and bounds how many mails an address gets.
 */
import { randomUUID } from "node:crypto";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { TurnoutError } from "../../shared/errors.ts";
import { encodeMailRequest, joinMailPack } from "../../shared/mail/mail-pack.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { formType } from "../../shared/registration/form-body.ts";
import { normalizeEmail } from "../../shared/registration/email-address.ts";
import { Email } from "../../shared/registration/registration.ts";
import { methodNotAllowed, wantsPage } from "../http/problem.ts";
import { languageQuery, type LanguageChoice } from "../page/language.ts";
import type { Pages } from "../page/pages.ts";
import type { CallLoad } from "../queue/call-load.ts";
import type { LoadShedder } from "../queue/load-shedding.ts";
import type { Admission } from "./admission.ts";
import { isForm, sendOn, sendPrivatePage } from "./replies.ts";

export interface LinkRoutesOptions {
  /** Puts a mail pack of one request on the mail queue; resolves when it is there. */
  readonly sendMailPack: (body: string) => Promise<void>;
  /** Of these sends. */
  readonly load: CallLoad;
  readonly shedder: LoadShedder;
  readonly pages: Pages;
  readonly event: EventDefinition;
  readonly language: LanguageChoice;
  readonly admission: Admission;
}

const LinkRequest = Type.Object({ email: Email }, { additionalProperties: false });
const LinkAccepted = Type.Object({ status: Type.Literal("accepted") });

/** Each request may cost a mail, and people need few. */
const shareOfRegistrations = 0.1;

export const linkRoutes: FastifyPluginAsyncTypebox<LinkRoutesOptions> = async (app, options) => {
  const { sendMailPack, load, shedder, pages, event, language, admission } = options;
  const hidden = { schema: { hide: true } };
  const isShed = admission.createShedding(shedder, "No mail was ordered. Please send the same again.", "link-");

  async function order(email: string, inLanguage: ReturnType<LanguageChoice["property"]>): Promise<void> {
    // Whoever was admitted meanwhile counts as well.
    if (!load.load().hasRoom) throw new TurnoutError("TURNOUT_OVERLOADED", "Too many are asking at this moment.");
    const request = { kind: "link" as const, id: randomUUID(), email, ...inLanguage };
    const body = joinMailPack([encodeMailRequest(request)]);
    try {
      await load.track(() => sendMailPack(body));
    } catch (cause) {
      throw new TurnoutError("TURNOUT_MAIL_UNAVAILABLE", "The mail queue did not confirm in time.", { cause });
    }
  }

  app.get("/lost-link", hidden, (request, reply) =>
    sendPrivatePage(reply, pages.lostLink(language.of(request), { values: undefined, validationErrors: [] })),
  );

  app.get("/lost-link/requested", hidden, (request, reply) =>
    sendPrivatePage(reply, pages.linkRequested(language.of(request))),
  );

  app.post(
    "/link-requests",
    {
      schema: {
        summary: "Have the link to a registration mailed",
        description:
          "Answers alike whatever the address. If it is registered, a mail with the link goes there, at most one a day.",
        consumes: ["application/json", formType],
        body: LinkRequest,
        response: { 202: LinkAccepted },
      },
      config: {
        ...admission.limited(shareOfRegistrations),
        showAgain: (request, given) => pages.lostLink(language.of(request), given),
      },
      onRequest(request, reply, done) {
        if (isForm(request)) admission.rejectForeign(request);
        if (!isShed(request, reply)) done();
      },
      preValidation(request, _reply, done) {
        const body = request.body as { email?: unknown } | null | undefined;
        if (typeof body?.email === "string") body.email = normalizeEmail(body.email);
        done();
      },
    },
    async (request, reply) => {
      await order(request.body.email, language.property(request));
      if (isForm(request)) return sendOn(reply, `/lost-link/requested${languageQuery(event, language.of(request))}`);
      return reply.code(202).header("Cache-Control", "no-store").send({ status: "accepted" });
    },
  );

  // Reached by reloading a rejected form post in a browser; does not exist for programs.
  app.get("/link-requests", { ...hidden, config: { unlisted: true } }, (request, reply) => {
    if (!wantsPage(request)) throw methodNotAllowed(reply, ["POST"]);
    return sendOn(reply, `/lost-link${languageQuery(event, language.of(request))}`);
  });
};
