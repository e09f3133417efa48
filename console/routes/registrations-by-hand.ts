/**
 * The forms to add a registration and to correct one. Everything is posted, because no address may appear in a URL, and a
 * form comes back as it was typed, with each validation error at its field.
 */
import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { TurnoutError, type ValidationError } from "../../shared/errors.ts";
import type { EventDefinition, EventField } from "../../shared/registration/event-definition.ts";
import type { FieldChange } from "../../admin/dead-letters/edit.ts";
import { entryOfStored } from "../../admin/registrations/by-hand.ts";
import type { StoredRegistration } from "../../admin/registrations/stored-registration.ts";
import type { ByHandService, Delivered } from "../by-hand-service.ts";
import { controlIdOf, editFields, readChanges } from "../edit-form.ts";
import { byControl, readWhy, type FormProblem } from "../form-problems.ts";
import { postedText, type PostedForm } from "../posted-form.ts";
import type { View } from "../view.ts";

export interface ByHandRoutesOptions {
  readonly view: View;
  readonly service: ByHandService;
}

/** What was posted and why it is shown again. */
interface Again {
  readonly posted: PostedForm;
  readonly title: string;
  readonly validationErrors?: readonly ValidationError[];
  readonly problems?: readonly FormProblem[];
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const maxGivenLength = 1_000;
const answerPrefix = "answers.";

/** A new registration may agree to what the person has agreed to. */
function withTicks(event: EventDefinition | undefined): EventDefinition | undefined {
  if (event === undefined) return undefined;
  const asTick = ({ id, label, required, when }: EventField): EventField => ({
    type: "checkbox",
    id,
    label,
    ...(required !== undefined && { required }),
    ...(when !== undefined && { when }),
  });
  return { ...event, fields: event.fields.map((field) => (field.type === "consent" ? asTick(field) : field)) };
}

type Entry = Readonly<Record<string, unknown>>;

/** @returns what the form showed at first, which it carries along; what is stored where it does not */
function baseOf({ base }: PostedForm, stored: Entry): Entry {
  if (typeof base !== "string") return stored;
  try {
    const value: unknown = JSON.parse(base);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Entry) : stored;
  } catch {
    return stored;
  }
}

/** @returns what is stored, with these changes */
function withChanges(stored: Entry, changes: readonly FieldChange[]): Entry {
  const entry: Record<string, unknown> = { ...stored };
  const answers: Record<string, unknown> = { ...(stored.answers as object) };
  for (const { field, value } of changes) {
    if (field.startsWith(answerPrefix)) answers[field.slice(answerPrefix.length)] = value;
    else entry[field] = value;
  }
  return { ...entry, answers };
}

export async function byHandRoutes(app: FastifyInstance, { view, service }: ByHandRoutesOptions): Promise<void> {
  const wordings = () =>
    new Map<string, string>(
      (service.event?.fields ?? []).flatMap((field) =>
        field.type === "consent" ? [[answerPrefix + field.id, field.text] as const] : [],
      ),
    );

  /** @param data what the form is for; `merged` is shown instead of what was posted */
  function form(data: { id?: string; stored?: StoredRegistration; merged?: Entry }, again?: Again): string {
    const { id, stored, merged } = data;
    const event = stored ? service.event : withTicks(service.event);
    const entry = stored ? entryOfStored(stored) : {};
    const texts = wordings();
    const fields = editFields(event, merged ?? entry, merged ? undefined : again?.posted, again?.validationErrors ?? [])
      // The address is the key of what is stored.
      .filter(({ name }) => stored === undefined || name !== "email")
      .map((field) => {
        const text = stored ? undefined : texts.get(field.name);
        if (text === undefined) return field;
        const hint = [field.hint, `Only if the person has agreed to this: “${text}”`].filter(Boolean).join(". ");
        return { ...field, hint };
      });
    const labels = new Map(fields.map(({ name, label }) => [name, label]));
    const atFields = (again?.validationErrors ?? []).map(({ pointer, detail }): FormProblem => {
      const name = pointer.slice(1).replace("answers/", answerPrefix);
      return { control: controlIdOf(name), label: labels.get(name) ?? (pointer || "/"), detail };
    });
    const problems = [...atFields, ...(again?.problems ?? [])];
    const title = stored ? "Correct a registration" : "Add a registration";
    return view.page("registration-form", "registrations", again ? `Error: ${again.title}` : title, {
      id,
      stored,
      seen: stored?.changedAt ?? "",
      base: JSON.stringify(entry),
      fields,
      why: again ? readWhy(again.posted, "why").why : "",
      again,
      problems,
      errors: byControl(problems),
    });
  }

  const sent = (delivered: Delivered, corrected: boolean) =>
    view.page("registration-sent", "registrations", corrected ? "Corrected" : "Added", { delivered, corrected });

  /** @returns why the form is shown again; @throws what is not for the form */
  function againFor(error: unknown, posted: PostedForm): Again {
    if (!(error instanceof TurnoutError)) throw error;
    const { code, message, validationErrors } = error;
    if (code === "TURNOUT_REGISTRATION_INVALID") return { posted, title: "this is not valid", validationErrors };
    if (code !== "TURNOUT_USAGE_INVALID") throw error;
    return { posted, title: message };
  }

  function withoutWhy(posted: PostedForm): Again | undefined {
    const { problems } = readWhy(posted, "why");
    return problems.length > 0 ? { posted, title: "a reason is missing", problems } : undefined;
  }

  app.get("/registrations/new", async (_request, reply) => reply.type("text/html").send(form({ id: randomUUID() })));

  app.post<{ Body: PostedForm }>("/registrations/new", async ({ body }, reply) => {
    const given = postedText(body, "id", maxGivenLength);
    const id = uuid.test(given) ? given : randomUUID();
    let again = withoutWhy(body);
    if (!again) {
      try {
        const changes = readChanges(withTicks(service.event), {}, body);
        const delivered = await service.add(id, changes, readWhy(body, "why").why);
        return await reply.type("text/html").send(sent(delivered, false));
      } catch (error) {
        again = againFor(error, body);
      }
    }
    return reply.code(400).type("text/html").send(form({ id }, again));
  });

  app.post<{ Body: PostedForm }>("/registrations/correction", async ({ body }, reply) => {
    const stored = await service.read(postedText(body, "email", maxGivenLength));
    return reply.type("text/html").send(form({ stored }));
  });

  app.post<{ Body: PostedForm }>("/registrations/correction/save", async ({ body }, reply) => {
    const stored = await service.read(postedText(body, "email", maxGivenLength));
    const entry = entryOfStored(stored);
    // Only what was changed in the form: the rest may have been changed by somebody else since.
    const changes = readChanges(service.event, baseOf(body, entry), body);
    if (postedText(body, "seen", maxGivenLength) !== (stored.changedAt ?? "")) {
      const title =
        "somebody changed the registration meanwhile. Below is that, with your changes. Check it, and send it.";
      const page = form({ stored, merged: withChanges(entry, changes) }, { posted: body, title });
      return reply.code(409).type("text/html").send(page);
    }
    let again = withoutWhy(body);
    if (!again) {
      try {
        const delivered = await service.correct(stored, changes, readWhy(body, "why").why);
        return await reply.type("text/html").send(sent(delivered, true));
      } catch (error) {
        again = againFor(error, body);
      }
    }
    return reply.code(400).type("text/html").send(form({ stored }, again));
  });
}
