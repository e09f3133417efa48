/** One dead letter: its page, its edit and its discard. The list is in `dead-letter-list.ts`, replays in `replays.ts`. */
import type { FastifyInstance, FastifyReply } from "fastify";
import type { DeadLetterRecord, HistoryEntry } from "../../shared/dead-letters/dead-letter-record.ts";
import { TurnoutError, type ValidationError } from "../../shared/errors.ts";
import { entryOf, type Edit } from "../../admin/dead-letters/edit.ts";
import { toRow } from "../../admin/dead-letters/row.ts";
import { whyUnchangeable } from "../../admin/dead-letters/changeable.ts";
import type { DeadLetterService } from "../dead-letter-service.ts";
import { controlIdOf, editFields, readChanges } from "../edit-form.ts";
import { mergeEdit, type EditMerge } from "../edit-merge.ts";
import { byControl, readWhy, type FormProblem } from "../form-problems.ts";
import { postedChoice, type PostedForm } from "../posted-form.ts";
import { showBody } from "../raw-body.ts";
import { reasonWords } from "../reason-words.ts";
import { visible, type View } from "../view.ts";

export interface DeadLetterRoutesOptions {
  readonly view: View;
  readonly service: DeadLetterService;
}

interface OneRecord {
  Params: { id: string };
}

/** What a form shows again after it was posted. */
interface FormResult {
  readonly form: "edit" | "discard";
  readonly posted: PostedForm;
  readonly title?: string;
  readonly problems?: readonly FormProblem[];
  readonly validationErrors?: readonly ValidationError[];
  /** What would change, if it is valid. */
  readonly edit?: Edit;
  /** What somebody else did since the form was loaded. */
  readonly since?: readonly HistoryEntry[];
  readonly merge?: EditMerge;
  /** Why it cannot be changed now. */
  readonly unchangeable?: string;
}

/** Whether the admin can correct it: the edit is invalid, or changes nothing. */
function isRejection(error: unknown): error is TurnoutError {
  return (
    error instanceof TurnoutError &&
    (error.code === "TURNOUT_REGISTRATION_INVALID" || error.code === "TURNOUT_USAGE_INVALID")
  );
}

function isChangedMeanwhile(error: unknown): boolean {
  return error instanceof TurnoutError && error.code === "TURNOUT_DEAD_LETTER_CHANGED";
}

/** @returns what was added to the history since the form was loaded */
function unseen({ history }: DeadLetterRecord, { seen }: PostedForm): readonly HistoryEntry[] {
  const known = typeof seen === "string" && /^\d{1,6}$/.test(seen) ? Number(seen) : history.length;
  return history.slice(known);
}

export async function deadLetterRoutes(
  app: FastifyInstance,
  { view, service }: DeadLetterRoutesOptions,
): Promise<void> {
  function recordPage(record: DeadLetterRecord, body: string, again?: FormResult, notice?: string): string {
    const words = reasonWords[record.reason];
    const entry = entryOf(record, body);
    const { form, posted, merge, title, validationErrors = [], problems = [] } = again ?? {};
    const edited = form === "edit" ? posted : undefined;
    const why = again && readWhy(again.posted, "").why;
    const { address } = toRow(record, body);
    return view.page("dead-letter", "dead-letters", title ? `Error: ${title}` : words.title, {
      record,
      words,
      notice,
      again,
      problems: byControl(problems),
      controlIdOf,
      who: address === undefined ? "No readable address" : visible(address),
      fields: merge?.fields ?? editFields(service.event, entry, edited, validationErrors),
      ...service.capabilities(record, body),
      raw: showBody(body),
      why: form === "edit" ? why : "",
      discardWhy: form === "discard" ? why : "",
    });
  }

  function send(reply: FastifyReply, status: number, page: string): FastifyReply {
    return reply.code(status).type("text/html").send(page);
  }

  app.get<OneRecord & { Querystring: PostedForm }>("/dead-letters/:id", async ({ params, query }, reply) => {
    const { record, body } = await service.read(params.id);
    const done = postedChoice(query, "done", ["edited", "discarded"] as const);
    return send(reply, 200, recordPage(record, body, undefined, done));
  });

  app.get<OneRecord>("/dead-letters/:id/body", async ({ params }, reply) => {
    const { body } = await service.read(params.id);
    // Never as a type that a browser would show: it may be anything.
    return reply
      .type("application/octet-stream")
      .header("content-disposition", 'attachment; filename="dead-letter-body.txt"')
      .send(body);
  });

  /** Shows what was entered beside what somebody else did meanwhile. */
  async function showConflict(reply: FastifyReply, id: string, form: FormResult["form"], posted: PostedForm) {
    const { record, body } = await service.read(id);
    const since = unseen(record, posted);
    const unchangeable = whyUnchangeable(record, Date.now());
    const title =
      unchangeable === undefined ? "somebody else changed this dead letter" : `this dead letter ${unchangeable}`;
    const merge = form === "edit" ? mergeEdit(service.event, entryOf(record, body), posted, since, []) : undefined;
    const again = { form, posted, title, since, ...(merge && { merge }), ...(unchangeable && { unchangeable }) };
    return send(reply, 409, recordPage(record, body, again));
  }

  app.post<OneRecord & { Body: PostedForm }>("/dead-letters/:id/edit", async ({ params, body: posted }, reply) => {
    const { record, body } = await service.read(params.id);
    if (unseen(record, posted).length > 0 || whyUnchangeable(record, Date.now()) !== undefined) {
      return showConflict(reply, params.id, "edit", posted);
    }
    const changes = readChanges(service.event, entryOf(record, body), posted);
    const isSave = postedChoice(posted, "step", ["check", "save"] as const) === "save";
    const { why, problems } = readWhy(posted, "why");
    let edit: Edit;
    try {
      edit = service.propose(record, body, changes);
    } catch (error) {
      if (isChangedMeanwhile(error)) return showConflict(reply, params.id, "edit", posted);
      if (!isRejection(error)) throw error;
      const { validationErrors } = error;
      const title = validationErrors.length > 0 ? "this is not valid" : error.message;
      const labels = new Map(
        editFields(service.event, entryOf(record, body), posted, []).map((one) => [one.name, one.label]),
      );
      const atFields = validationErrors.map(({ pointer, detail }): FormProblem => {
        const name = pointer.slice(1).replace("answers/", "answers.");
        return {
          control: controlIdOf(name),
          label: labels.get(name) ?? (pointer || "/"),
          detail,
          pointer: pointer || "/",
        };
      });
      const all = isSave ? [...atFields, ...problems] : atFields;
      const result: FormResult = { form: "edit", posted, title, problems: all, validationErrors };
      return send(reply, 400, recordPage(record, body, result));
    }
    if (!isSave) return send(reply, 200, recordPage(record, body, { form: "edit", posted, edit }));
    if (problems.length > 0) {
      const title = "a reason is missing";
      return send(reply, 400, recordPage(record, body, { form: "edit", posted, title, problems, edit }));
    }
    try {
      await service.saveEdit(record, edit, why);
    } catch (error) {
      if (!isChangedMeanwhile(error)) throw error;
      return showConflict(reply, params.id, "edit", posted);
    }
    return reply.redirect(`/dead-letters/${encodeURIComponent(record.id)}?done=edited`, 303);
  });

  app.post<OneRecord & { Body: PostedForm }>("/dead-letters/:id/discard", async ({ params, body: posted }, reply) => {
    const { record, body } = await service.read(params.id);
    if (unseen(record, posted).length > 0) return showConflict(reply, params.id, "discard", posted);
    const { why, problems } = readWhy(posted, "discard-why");
    if (problems.length > 0 && whyUnchangeable(record, Date.now()) === undefined) {
      const title = "a reason is missing";
      return send(reply, 400, recordPage(record, body, { form: "discard", posted, title, problems }));
    }
    try {
      await service.discard(record, why);
    } catch (error) {
      if (!isChangedMeanwhile(error)) throw error;
      return showConflict(reply, params.id, "discard", posted);
    }
    return reply.redirect(`/dead-letters/${encodeURIComponent(record.id)}?done=discarded`, 303);
  });
}
