/** The list of dead letters: pages, filters, and what is done with a selection. */
import type { FastifyInstance } from "fastify";
import { kindOf } from "../../admin/dead-letters/row-kinds.ts";
import type { Selector } from "../../admin/dead-letters/selection.ts";
import type { DeadLetterService } from "../dead-letter-service.ts";
import type { FormProblem } from "../form-problems.ts";
import { filterFields, readListQuery, readSelector, selectorFields, shownStates } from "../list-query.ts";
import { postedChoice, postedList, postedText, type PostedForm } from "../posted-form.ts";
import { reasonWords } from "../reason-words.ts";
import type { View } from "../view.ts";

export interface DeadLetterListRoutesOptions {
  readonly view: View;
  readonly service: DeadLetterService;
}

const pageSize = 50;
const maxKinds = 12;
const maxCursorLength = 200;
const acts = ["replay", "edit", "discard"] as const;
const timeLabels = { since: "Failed since", until: "Failed before" } as const;

/** @returns the address of a page of the list; empty parameters are left out */
function link(fields: Readonly<Record<string, string>>): string {
  const given = Object.entries(fields).filter(
    ([name, value]) => value !== "" && !(name === "state" && value === "open"),
  );
  const query = new URLSearchParams(given).toString();
  return query === "" ? "/dead-letters" : `/dead-letters?${query}`;
}

/** @returns the address of the page that asks for what is still needed */
function actLink(act: (typeof acts)[number], fields: readonly (readonly [string, string])[]): string {
  const query = new URLSearchParams();
  for (const [name, value] of fields) query.append(name, value);
  if (act === "replay") return `/replays/new?${query.toString()}`;
  query.append("action", act);
  return `/dead-letters/many?${query.toString()}`;
}

export async function deadLetterListRoutes(
  app: FastifyInstance,
  { view, service }: DeadLetterListRoutesOptions,
): Promise<void> {
  const { searches } = service;

  async function listPage(form: PostedForm, nothingSelected = false): Promise<{ html: string; isValid: boolean }> {
    const query = readListQuery(form, searches, view.times);
    const cursor = postedText(form, "after", maxCursorLength);
    const listing = await service.list(query.filter, cursor === "" ? undefined : cursor, pageSize);
    const problems = Object.entries(query.errors).map(([control, detail]): FormProblem => {
      return { control, label: timeLabels[control as keyof typeof timeLabels], detail };
    });
    if (nothingSelected) {
      const detail = "select single ones above, or all that match";
      problems.push({ control: "all", label: "Nothing is selected", detail });
    }
    const html = view.page(
      "dead-letters",
      "dead-letters",
      problems.length > 0 ? "Error: Dead letters" : "Dead letters",
      {
        listing,
        query,
        fields: { ...filterFields(query, searches), ...(cursor !== "" && { after: cursor }) },
        states: shownStates,
        reasonWords,
        maxKinds,
        kindOf,
        link,
        problems,
        problemTitle: nothingSelected ? "Nothing was done." : "The list is not filtered as you wanted.",
        chosen: postedList(form, "id"),
        chosenAll: form.all !== undefined,
      },
    );
    return { html, isValid: problems.length === 0 };
  }

  app.get<{ Querystring: PostedForm }>("/dead-letters", async ({ query }, reply) => {
    const { html, isValid } = await listPage(query);
    return reply
      .code(isValid ? 200 : 400)
      .type("text/html")
      .send(html);
  });

  // Posted, because a text that is searched for may be an address; the page that follows has only its id.
  app.post<{ Body: PostedForm }>("/dead-letters", { config: { onlyReads: true } }, async ({ body }, reply) => {
    const query = readListQuery(body, searches, view.times);
    if (Object.keys(query.errors).length === 0) return reply.redirect(link(filterFields(query, searches)), 303);
    const { html } = await listPage(body);
    return reply.code(400).type("text/html").send(html);
  });

  app.get<{ Querystring: PostedForm }>("/dead-letters/act", async ({ query }, reply) => {
    const act = postedChoice(query, "act", acts) ?? "replay";
    const selector: Selector | undefined = readSelector({ ...query, act }, searches);
    if (selector) return reply.redirect(actLink(act, selectorFields(selector, searches)), 303);
    const { html } = await listPage(query, true);
    return reply.code(400).type("text/html").send(html);
  });
}
