/** Dead letters: the list, one record, its edit and its discard. Replays are in `replays.ts`. */
import type { FastifyInstance } from "fastify";
import { deadLetterStates, type DeadLetterRecord } from "../../shared/dead-letters/dead-letter-record.ts";
import { deadLetterReasons } from "../../shared/dead-letters/dead-letter.ts";
import { TurnoutError, type ValidationError } from "../../shared/errors.ts";
import { entryOf, type Edit } from "../../admin/dead-letters/edit.ts";
import type { DeadLetterService } from "../dead-letter-service.ts";
import { editFields, readChanges } from "../edit-form.ts";
import { toGroupViews } from "../overview.ts";
import { postedChoice, postedText, postedWhy, type PostedForm } from "../posted-form.ts";
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

/** What the edit form shows after it was posted. */
interface EditResult {
  readonly posted: PostedForm;
  readonly validationErrors: readonly ValidationError[];
  /** Error of the form as a whole. */
  readonly message: string | undefined;
  /** What would change, if it is valid. */
  readonly edit: Edit | undefined;
}

const maxListed = 100;
const states = [...deadLetterStates, "all"] as const;
const maxWhyLength = 500;

/** Whether the admin can correct it: the edit is invalid, or changes nothing. */
function isRejection(error: unknown): error is TurnoutError {
  return (
    error instanceof TurnoutError &&
    (error.code === "TURNOUT_REGISTRATION_INVALID" || error.code === "TURNOUT_USAGE_INVALID")
  );
}

export async function deadLetterRoutes(
  app: FastifyInstance,
  { view, service }: DeadLetterRoutesOptions,
): Promise<void> {
  function recordPage(record: DeadLetterRecord, body: string, again: EditResult | undefined, notice?: string): string {
    const words = reasonWords[record.reason];
    const entry = entryOf(record, body);
    return view.page("dead-letter", "dead-letters", words.title, {
      record,
      words,
      notice,
      again,
      who: typeof entry.email === "string" ? visible(entry.email) : "No readable address",
      fields: editFields(service.event, entry, again?.posted, again?.validationErrors ?? []),
      ...service.capabilities(record, body),
      raw: showBody(body),
      why: again ? postedText(again.posted, "why", maxWhyLength) : "",
    });
  }

  app.get<{ Querystring: PostedForm }>("/dead-letters", async ({ query }, reply) => {
    const reason = postedChoice(query, "reason", deadLetterReasons);
    const chosen = postedChoice(query, "state", states) ?? "open";
    const state = chosen === "all" ? undefined : chosen;
    const { groups, records, total } = await service.list({ reason, state }, maxListed);
    const data = { groups: toGroupViews(groups), records, total, reason, chosen, states, reasonWords };
    return reply.type("text/html").send(view.page("dead-letters", "dead-letters", "Dead letters", data));
  });

  app.get<OneRecord & { Querystring: PostedForm }>("/dead-letters/:id", async ({ params, query }, reply) => {
    const { record, body } = await service.read(params.id);
    const done = postedChoice(query, "done", ["edited", "discarded"] as const);
    return reply.type("text/html").send(recordPage(record, body, undefined, done));
  });

  app.get<OneRecord>("/dead-letters/:id/body", async ({ params }, reply) => {
    const { body } = await service.read(params.id);
    // Never as a type that a browser would show: it may be anything.
    return reply
      .type("application/octet-stream")
      .header("content-disposition", 'attachment; filename="dead-letter-body.txt"')
      .send(body);
  });

  app.post<OneRecord & { Body: PostedForm }>("/dead-letters/:id/edit", async ({ params, body: posted }, reply) => {
    const { record, body } = await service.read(params.id);
    const changes = readChanges(service.event, entryOf(record, body), posted);
    let edit: Edit;
    try {
      edit = service.propose(record, body, changes);
    } catch (error) {
      if (!isRejection(error)) throw error;
      const { validationErrors } = error;
      const message = validationErrors.length > 0 ? "This is not valid. Please correct:" : error.message;
      const page = recordPage(record, body, { posted, validationErrors, message, edit: undefined });
      return reply.code(400).type("text/html").send(page);
    }
    if (postedChoice(posted, "step", ["check", "save"] as const) !== "save") {
      const page = recordPage(record, body, { posted, validationErrors: [], message: undefined, edit });
      return reply.type("text/html").send(page);
    }
    await service.saveEdit(record, edit, postedWhy(posted));
    return reply.redirect(`/dead-letters/${encodeURIComponent(record.id)}?done=edited`, 303);
  });

  app.post<OneRecord & { Body: PostedForm }>("/dead-letters/:id/discard", async ({ params, body: posted }, reply) => {
    const { record } = await service.read(params.id);
    await service.discard(record, postedWhy(posted));
    return reply.redirect(`/dead-letters/${encodeURIComponent(record.id)}?done=discarded`, 303);
  });
}
