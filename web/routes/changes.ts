/**
 * Corrections and withdrawals by the receipt, for programs (`PUT`, `DELETE`) and as forms that work without a script.
 *
 * A change travels through the queue like a registration, and the worker decides whether it counts. Replies therefore
 * tell nothing about what is stored: every receipt of which there is a status gets the same ones after the same table
 * read, that of a duplicate too, and one whose changes do not count any more.
 */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { TurnoutError } from "../../shared/errors.ts";
import { changeTime, type Change } from "../../shared/registration/change.ts";
import { createConsentRecords } from "../../shared/registration/consent.ts";
import type { EventDefinition } from "../../shared/registration/event-definition.ts";
import { referenceOf } from "../../shared/registration/reference.ts";
import type { ReceiptContent, Receipts } from "../../shared/registration/receipts.ts";
import { encodeChange, packVersions } from "../../shared/registration/registration-pack.ts";
import {
  correctionSchema,
  normalizeSubmission,
  type CorrectedContent,
} from "../../shared/registration/submission-schema.ts";
import type { GroupCommit } from "../queue/group-commit.ts";
import { submissionFromForm } from "../page/form-submission.ts";
import type { LanguageChoice } from "../page/language.ts";
import type { Pages } from "../page/pages.ts";
import { meantStatusUrl } from "../status/meant-receipt.ts";
import type { KnownRegistration, StatusReader } from "../status/registration-status.ts";
import { looksPerRegistration, type Admission, type Hook } from "./admission.ts";
import {
  Accepted,
  isForm,
  sendAccepted,
  sendOn,
  sendPrivatePage,
  sendToStatus,
  statusUrlOf,
  unknownReceipt,
} from "./replies.ts";

export interface ChangeRoutesOptions {
  readonly event: EventDefinition;
  readonly groupCommit: GroupCommit;
  readonly receipts: Receipts;
  readonly statuses: StatusReader;
  readonly pages: Pages;
  readonly language: LanguageChoice;
  readonly admission: Admission;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
}

type MadeChange =
  | ({ readonly kind: "correction"; readonly language?: string } & Required<CorrectedContent>)
  | { readonly kind: "withdrawal" };

const params = Type.Object({ receipt: Type.String() });
/** Bounds the wait for the table read: see the status route. */
const changeTimeoutMs = 30_000;

export const changeRoutes: FastifyPluginAsyncTypebox<ChangeRoutesOptions> = async (app, options) => {
  const { event, groupCommit, receipts, statuses, pages, language, admission, wallClock } = options;
  const correction = correctionSchema(event);
  const consents = createConsentRecords(event);

  function isShed(request: FastifyRequest, reply: FastifyReply): boolean {
    return admission.isShed(request, reply) || admission.isStatusShed(request, reply);
  }

  const admitCorrection: Hook = (request, reply, done) => {
    admission.rejectOutsideOpening();
    if (isForm(request)) throw new TurnoutError("TURNOUT_MEDIA_TYPE_UNSUPPORTED", "Send application/json.");
    if (!isShed(request, reply)) done();
  };

  /** Also after closing. */
  const admitWithdrawal: Hook = (request, reply, done) => {
    if (!isShed(request, reply)) done();
  };

  function admitForm(isOpenOnly: boolean): Hook {
    return (request, reply, done) => {
      if (isOpenOnly) admission.rejectOutsideOpening();
      admission.rejectForeign(request);
      if (!isForm(request)) {
        throw new TurnoutError("TURNOUT_MEDIA_TYPE_UNSUPPORTED", "Send application/x-www-form-urlencoded.");
      }
      if (!isShed(request, reply)) done();
    };
  }

  /** @throws TURNOUT_RECEIPT_UNKNOWN */
  function open(receipt: string): ReceiptContent {
    const content = receipts.open(receipt);
    if (!content) throw unknownReceipt();
    return content;
  }

  /** @throws TURNOUT_RECEIPT_UNKNOWN, TURNOUT_TABLE_UNAVAILABLE */
  async function readKnown(content: ReceiptContent): Promise<KnownRegistration> {
    const known = await statuses.read(content);
    if (!known) throw unknownReceipt();
    return known;
  }

  /**
   * Puts a change on the queue. Its time is later than that of every change that this holder has seen and that is stored,
   * whatever the clocks of the instances.
   * @returns a fresh receipt, which holds that time
   * @throws TURNOUT_RECEIPT_UNKNOWN, TURNOUT_TABLE_UNAVAILABLE, and what `submit` throws
   */
  async function accept(receipt: string, made: MadeChange): Promise<string> {
    const content = open(receipt);
    const { email, registrationId: id, submittedAt, mailbox } = content;
    const known = await readKnown(content);
    const changedAt = changeTime(wallClock(), submittedAt, content.changedAt, known.changedAt);
    const change = { ...made, id, email, submittedAt, changedAt, ...(mailbox && { mailbox }) } satisfies Change;
    await groupCommit.submit(encodeChange(change), packVersions.changes);
    return receipts.seal({ ...content, changedAt });
  }

  function correctionOf(request: FastifyRequest): MadeChange {
    const { name, answers = {} } = request.body as CorrectedContent;
    const inLanguage = language.property(request);
    return { kind: "correction", name, answers: consents.keep(answers, inLanguage.language), ...inLanguage };
  }

  app.put(
    "/registrations/:receipt",
    {
      schema: {
        summary: "Correct a registration",
        description:
          "Replaces all of it but the address, which cannot be corrected: withdraw, and register again. Of several " +
          "changes the latest counts, except that changes through a link from a mail take precedence; a withdrawal is final.",
        params,
        body: correction,
        response: { 202: Accepted },
      },
      onRequest: admitCorrection,
      config: admission.limited(1),
      handlerTimeout: changeTimeoutMs,
      preValidation(request, _reply, done) {
        // Before anything is said about the body.
        open(request.params.receipt);
        normalizeSubmission(request.body, event);
        done();
      },
    },
    async (request, reply) => sendAccepted(reply, await accept(request.params.receipt, correctionOf(request))),
  );

  app.delete(
    "/registrations/:receipt",
    {
      schema: {
        summary: "Withdraw a registration",
        description: "At any time. The address can register again while registration is open.",
        params,
        response: { 202: Accepted },
      },
      onRequest: admitWithdrawal,
      config: admission.limited(1),
      handlerTimeout: changeTimeoutMs,
    },
    async (request, reply) => sendAccepted(reply, await accept(request.params.receipt, { kind: "withdrawal" })),
  );

  const readsForm = {
    schema: { hide: true, params },
    config: admission.limited(looksPerRegistration),
    handlerTimeout: changeTimeoutMs,
  };

  /** @returns what a form is about; undefined when the reply is a redirect to the status */
  async function changeable(request: FastifyRequest<{ Params: { receipt: string } }>, reply: FastifyReply) {
    const { receipt } = request.params;
    const content = receipts.open(receipt);
    if (!content) {
      const meant = meantStatusUrl(request.url, receipts);
      if (meant === undefined) throw unknownReceipt();
      sendToStatus(reply, meant);
      return undefined;
    }
    const known = await readKnown(content);
    if (known.status !== "withdrawn" && known.status !== "declined") return { receipt, content, known };
    sendOn(reply, statusUrlOf(receipt));
    return undefined;
  }

  function viewOf(receipt: string, { email, mailbox, registrationId }: ReceiptContent) {
    const reference = referenceOf(registrationId);
    return { statusUrl: statusUrlOf(receipt), email, reference, mailbox: mailbox === true, isOpen: admission.isOpen() };
  }

  app.get(
    "/registrations/:receipt/correction",
    {
      ...readsForm,
      onRequest(request, reply, done) {
        admission.rejectOutsideOpening();
        admission.statusRead(request, reply, done);
      },
    },
    async (request, reply) => {
      const found = await changeable(request, reply);
      if (!found) return reply;
      const values = found.known.content;
      const view = { ...viewOf(found.receipt, found.content), isEmpty: values === undefined };
      return sendPrivatePage(reply, pages.correction(language.of(request), view, { values, validationErrors: [] }));
    },
  );

  app.get(
    "/registrations/:receipt/withdrawal",
    { ...readsForm, onRequest: admission.statusRead },
    async (request, reply) => {
      const found = await changeable(request, reply);
      if (!found) return reply;
      return sendPrivatePage(reply, pages.withdrawal(language.of(request), viewOf(found.receipt, found.content)));
    },
  );

  const takesForm = {
    schema: { hide: true, params },
    config: admission.limited(1),
    handlerTimeout: changeTimeoutMs,
  };

  app.post(
    "/registrations/:receipt/correction",
    {
      ...takesForm,
      schema: { ...takesForm.schema, body: correction },
      config: {
        ...takesForm.config,
        showAgain(request, given) {
          const { receipt } = request.params as { receipt: string };
          const view = { ...viewOf(receipt, open(receipt)), isEmpty: false };
          return pages.correction(language.of(request), view, given);
        },
      },
      onRequest: admitForm(true),
      preValidation(request, _reply, done) {
        // Before anything is said about the body.
        open(request.params.receipt);
        request.body = submissionFromForm(
          request.body as unknown as Record<string, unknown>,
          event,
        ) as typeof request.body;
        normalizeSubmission(request.body, event);
        done();
      },
    },
    async (request, reply) => {
      const fresh = await accept(request.params.receipt, correctionOf(request));
      return sendOn(reply, `${statusUrlOf(fresh)}?received=correction`);
    },
  );

  app.post(
    "/registrations/:receipt/withdrawal",
    {
      ...takesForm,
      config: {
        ...takesForm.config,
        showAgain(request, { notice }) {
          const { receipt } = request.params as { receipt: string };
          return pages.withdrawal(language.of(request), { ...viewOf(receipt, open(receipt)), notice });
        },
      },
      onRequest: admitForm(false),
    },
    async (request, reply) => {
      const fresh = await accept(request.params.receipt, { kind: "withdrawal" });
      return sendOn(reply, `${statusUrlOf(fresh)}?received=withdrawal`);
    },
  );
};
