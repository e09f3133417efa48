/** Which dead letters a page of the list shows, or a form means: read from a query or a form, and written to links. */
import { deadLetterStates, type DeadLetterState } from "../shared/dead-letters/dead-letter-record.ts";
import { deadLetterReasons } from "../shared/dead-letters/dead-letter.ts";
import { TurnoutError } from "../shared/errors.ts";
import type { RowFilter } from "../admin/dead-letters/row-filter.ts";
import type { Selector } from "../admin/dead-letters/selection.ts";
import { pointInTime } from "../terminal/option-values.ts";
import { createZonedTimes, type ZonedTimes } from "../terminal/zoned-times.ts";
import { zonedInstant } from "../admin/event/local-time.ts";
import { postedChoice, postedList, postedText, type PostedForm } from "./posted-form.ts";
import type { Searches } from "./searches.ts";

export const shownStates = [...deadLetterStates, "all"] as const;
export type ShownState = DeadLetterState | "all";

export interface ListQuery {
  readonly filter: RowFilter;
  readonly state: ShownState;
  /** As given; not times where there is an error. */
  readonly since: string;
  readonly until: string;
  readonly text: string;
  /** Errors by field. */
  readonly errors: Readonly<Record<string, string>>;
}

const maxDetailLength = 2_000;
const maxTextLength = 320;
const maxTimeLength = 40;
const local = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::(\d\d))?)?$/;

/** Times without a zone are in the one that the console shows. @throws for what is no time */
function readTime(text: string, timeZone: string): string {
  const [, day, clock = "00:00", seconds = "0"] = local.exec(text) ?? [];
  if (day === undefined) return pointInTime(text.replace(/^(\S+) (\S+) UTC$/, "$1T$2Z"));
  const minute = zonedInstant(`${day} ${clock}`, timeZone);
  if (minute === undefined) throw new RangeError(`There is no ${text} in ${timeZone}.`);
  return new Date(Date.parse(minute) + Number(seconds) * 1_000).toISOString();
}

/**
 * @param times in whose zone times are read and written; default UTC
 * @throws TURNOUT_REQUEST_INVALID for what no form of ours sends, or a search that is no longer kept
 */
export function readListQuery(
  form: PostedForm,
  searches: Pick<Searches, "find">,
  times: ZonedTimes = createZonedTimes(),
): ListQuery {
  const errors: Record<string, string> = {};
  const time = (name: "since" | "until") => {
    const given = postedText(form, name, maxTimeLength);
    if (given === "") return { given, time: undefined };
    try {
      return { given, time: readTime(given, times.timeZone) };
    } catch {
      errors[name] =
        "This is no time. Allowed is a time ago such as 30min, 2h or 7d, or a date such as 2026-01-31 09:00.";
      return { given, time: undefined };
    }
  };
  const [since, until] = [time("since"), time("until")];
  const search = postedText(form, "search", maxTextLength);
  const text = search === "" ? postedText(form, "text", maxTextLength) : searches.find(search);
  if (text === undefined) {
    throw new TurnoutError(
      "TURNOUT_REQUEST_INVALID",
      "This console no longer knows the text that was searched for. Open the dead letters and enter it again.",
    );
  }
  const state = postedChoice(form, "state", shownStates) ?? "open";
  const detail = postedText(form, "detail", maxDetailLength);
  return {
    filter: {
      reason: postedChoice(form, "reason", deadLetterReasons),
      state: state === "all" ? undefined : state,
      since: since.time,
      until: until.time,
      detail: detail === "" ? undefined : detail,
      text: text === "" ? undefined : text,
    },
    state,
    since: since.time === undefined ? since.given : times.bare(since.time),
    until: until.time === undefined ? until.given : times.bare(until.time),
    text,
    errors,
  };
}

/** @returns the parameters that mean this filter, for links and hidden fields; without any address */
export function filterFields({ filter, state }: ListQuery, searches: Pick<Searches, "keep">): Record<string, string> {
  const { reason, since, until, detail, text } = filter;
  const given = { reason, detail, since, until, search: text === undefined ? undefined : searches.keep(text) };
  const fields = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries([...fields, ...(state === "open" ? [] : [["state", state]])]);
}

/** @returns what a form or link selected; undefined for nothing. @throws as `readListQuery` */
export function readSelector(form: PostedForm, searches: Pick<Searches, "find">): Selector | undefined {
  const filtered =
    form.all !== undefined || (form.reason !== undefined && form.id === undefined && form.act === undefined);
  if (filtered) {
    const { filter, errors } = readListQuery({ ...form, state: "open" }, searches);
    const [error] = Object.values(errors);
    if (error !== undefined) throw new TurnoutError("TURNOUT_REQUEST_INVALID", error);
    return { filter };
  }
  const ids = postedList(form, "id");
  return ids.length > 0 ? { ids } : undefined;
}

/** @throws TURNOUT_REQUEST_INVALID if nothing was selected */
export function requireSelector(form: PostedForm, searches: Pick<Searches, "find">): Selector {
  const selector = readSelector(form, searches);
  if (selector) return selector;
  throw new TurnoutError("TURNOUT_REQUEST_INVALID", "Nothing was selected. Go back and select the dead letters.");
}

/** @returns the same selection as fields */
export function selectorFields(selector: Selector, searches: Pick<Searches, "keep">): [name: string, value: string][] {
  if ("ids" in selector) return selector.ids.map((id) => ["id", id]);
  const { filter } = selector;
  const query: ListQuery = { filter, state: "open", since: "", until: "", text: "", errors: {} };
  return [["all", "yes"], ...Object.entries(filterFields(query, searches))];
}
