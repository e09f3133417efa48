/** Fills in the form of any event, in any language, with the pointer or with the keyboard alone. */
import type { Locator, Page } from "playwright-core";
import type { EventField } from "../../shared/registration/event-definition.ts";
import type { Answer } from "../../shared/registration/registration.ts";
import type { Answers } from "../equipment/event-files.ts";

/** @returns the fields that have an answer here, in the order of the form */
function answered(fields: readonly EventField[], answers: Answers): [EventField, Answer][] {
  return fields.flatMap((field): [EventField, Answer][] => {
    const answer = answers[field.id];
    return answer === undefined ? [] : [[field, answer]];
  });
}

/** @returns the field's control, of several options the first, by the label that people see */
function controlOf(page: Page, field: EventField): Locator {
  if (field.type === "choices") return optionOf(page, field, field.options[0]!);
  return page.getByLabel(field.label).and(page.locator(`#answer-${field.id}`));
}

/** @returns the tick of one of several options, by the label that people see */
function optionOf(page: Page, field: EventField, option: string): Locator {
  const group = page.getByRole("group", { name: field.label });
  return group.getByLabel(field.optionLabels?.[option] ?? option, { exact: true });
}

/** @param fields in the language of the page */
export async function fillInAnswers(page: Page, fields: readonly EventField[], answers: Answers): Promise<void> {
  for (const [field, answer] of answered(fields, answers)) {
    const control = controlOf(page, field);
    if (field.type === "choices") {
      for (const option of field.options) {
        await optionOf(page, field, option).setChecked((answer as string[]).includes(option));
      }
    } else if (field.type === "select") {
      const option = String(answer);
      await control.selectOption(option === "" ? "" : { label: field.optionLabels?.[option] ?? option });
    } else if (typeof answer === "boolean") await control.setChecked(answer);
    else await control.fill(String(answer));
  }
}

/** @returns what the form holds now, as in the answers that it is compared with */
export async function readAnswers(page: Page, fields: readonly EventField[], answers: Answers): Promise<Answers> {
  const found: [string, Answer][] = [];
  for (const [field, answer] of answered(fields, answers)) {
    const control = controlOf(page, field);
    if (field.type === "choices") {
      const ticked: string[] = [];
      for (const option of field.options) {
        if (await optionOf(page, field, option).isChecked()) ticked.push(option);
      }
      found.push([field.id, ticked]);
    } else if (typeof answer === "boolean") found.push([field.id, await control.isChecked()]);
    else {
      const value = await control.inputValue();
      found.push([field.id, typeof answer === "number" ? Number(value) : value]);
    }
  }
  return Object.fromEntries(found);
}

/** Most stops on the way from one control to the next: options that are passed, links, parts of a date. */
const maxTabs = 60;

/** Presses Tab until this has the focus. @throws when it never gets it */
export async function tabTo(page: Page, control: Locator): Promise<void> {
  for (let tabs = 0; tabs <= maxTabs; tabs += 1) {
    if ((await control.and(page.locator(":focus")).count()) > 0) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${String(control)}.`);
}

/** A date's parts are typed one after another, in the order in which this browser shows them. */
async function typeDate(page: Page, control: Locator, day: string): Promise<void> {
  const [year = "", month = "", date = ""] = day.split("-");
  for (const parts of [`${month}${date}${year}`, `${date}${month}${year}`]) {
    await page.keyboard.type(parts);
    if ((await control.inputValue()) === day) return;
    for (let part = 0; part < 3; part += 1) await page.keyboard.press("ArrowLeft");
  }
  throw new Error(`${day} cannot be typed.`);
}

/** Arrows move in a list of options that has the focus, as for everybody who uses a keyboard. */
async function chooseByArrows(page: Page, control: Locator, option: string): Promise<void> {
  for (let steps = 0; steps < maxTabs; steps += 1) {
    if ((await control.inputValue()) === option) return;
    await page.keyboard.press("ArrowDown");
  }
  throw new Error(`The arrows do not lead to ${option}.`);
}

/** The same by Tab, typing, Space and, within a list, the arrows. @param fields in the language of the page */
export async function typeAnswers(page: Page, fields: readonly EventField[], answers: Answers): Promise<void> {
  for (const [field, answer] of answered(fields, answers)) {
    const control = controlOf(page, field);
    if (field.type === "choices") {
      for (const option of field.options.filter((one) => (answer as string[]).includes(one))) {
        await tabTo(page, optionOf(page, field, option));
        await page.keyboard.press("Space");
      }
      continue;
    }
    if (answer === false || answer === "") continue;
    await tabTo(page, control);
    if (answer === true) await page.keyboard.press("Space");
    else if (field.type === "select") await chooseByArrows(page, control, String(answer));
    else if (field.type === "date") await typeDate(page, control, String(answer));
    else {
      const lines = String(answer).split("\n");
      for (const [index, line] of lines.entries()) {
        if (index > 0) await page.keyboard.press("Enter");
        await page.keyboard.type(line);
      }
    }
  }
}
