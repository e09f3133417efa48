/** What a console with `--read-only` shows to whoever only looks, with something to see on each page. */
import { randomBytes } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { createAcceptanceStore } from "../../admin/acceptance/acceptance-store.ts";
import { startConsole } from "../../console/console.ts";
import { parseEvent } from "../../shared/registration/event-definition.ts";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { connect } from "../../terminal/connection.ts";
import { eventually } from "../equipment/eventually.ts";
import { visit } from "./attendee.ts";
import { invalidEntry, type ConsoleStage } from "./console-stage.ts";
import { summit } from "./stage.ts";
import type { Theme } from "./states.ts";

export interface ReadOnlyConsole {
  readonly url: string;
  /** Registered by its web tier. */
  readonly address: string;
  close(): Promise<void>;
}

const waitOptions = { timeout: 30_000 };

/** Opens one over a stage that has people, dead letters of two kinds, a replay that has ended, and a pause. */
export async function openReadOnlyConsole(browser: Browser, stage: ConsoleStage): Promise<ReadOnlyConsole> {
  const { environment } = stage.stack;
  const connection = await connect({}, environment);
  const [address = ""] = await stage.register(20);
  for (const name of ["Grace Hopper", "Mary Jackson"]) await stage.sendInvalid({ name });
  const whole = { ...invalidEntry(), email: "annie@example.org" };
  await stage.sendDead(encodePack([whole as never]), "crash-loop", "received again and again, and never finished");

  const { page, context } = await visit(browser, `${stage.consoleUrl}/dead-letters`);
  await eventually(async () => {
    await page.goto(`${stage.consoleUrl}/replays/new?reason=crash-loop`);
    return page.getByRole("button", { name: "Replay 1 now" }).isVisible();
  }, "the dead letter is there");
  await page.getByLabel("Why").fill("the worker is repaired");
  await page.getByRole("button", { name: "Replay 1 now" }).click();
  await page.getByRole("heading", { name: "Done: all resolved" }).waitFor(waitOptions);
  await context.close();

  const store = createAcceptanceStore({
    connection: { ...connection, identity: async () => "ann" },
    wallClock: Date.now,
  });
  await store.change({ kind: "pause", until: undefined, notice: { en: "We continue at noon." } }, "a count");
  const running = await startConsole({
    connection,
    event: parseEvent(summit(-3_600_000)),
    port: 0,
    key: randomBytes(18).toString("base64url"),
    openToMachine: true,
    readOnly: true,
    pollIntervalSeconds: 1,
    wallClock: Date.now,
  });
  return {
    url: running.url,
    address,
    async close() {
      await running.stop();
      connection.close();
    },
  };
}

export interface ReadOnlyState {
  readonly name: string;
  readonly path: string;
  /** Of a heading that the page has in the end. */
  readonly heading: string | RegExp;
  /** Default: nothing is done there. */
  readonly act?: (page: Page, console: ReadOnlyConsole) => Promise<void>;
}

const openFirst = (page: Page) => page.locator("table.letters th a").first().click();

export const readOnlyStates: readonly ReadOnlyState[] = [
  {
    name: "overview",
    path: "/",
    heading: /need attention/,
    act: (page) => page.locator("[data-chart=waiting] canvas").waitFor(waitOptions),
  },
  { name: "dead-letters", path: "/dead-letters", heading: "By reason" },
  {
    name: "dead-letters-searched",
    path: "/dead-letters",
    heading: /^All reasons: 2 open$/,
    async act(page) {
      await page.getByLabel("Address, name, id or detail").fill("grace.hopper");
      await page.getByRole("button", { name: "Show" }).click();
    },
  },
  { name: "dead-letter", path: "/dead-letters", heading: "Next step", act: openFirst },
  { name: "dry-run", path: "/replays/new?all=yes", heading: "Replay: dry run" },
  { name: "many", path: "/dead-letters/many?action=discard&all=yes&state=open", heading: /^Discard/ },
  { name: "replays", path: "/replays", heading: "Replays" },
  {
    name: "replay",
    path: "/replays",
    heading: "Done: all resolved",
    act: (page) => page.locator("tbody th a").first().click(),
  },
  { name: "registrations", path: "/registrations", heading: "Search by part" },
  {
    name: "registration-found",
    path: "/registrations",
    heading: /is registered$/,
    async act(page, { address }) {
      await page.getByLabel("Email address").fill(address);
      await page.getByRole("button", { name: "Find" }).click();
    },
  },
  {
    name: "registrations-searched",
    path: "/registrations",
    heading: /^\d+ found$/,
    async act(page) {
      await page.getByLabel("Part of an address or a name").fill("lovelace");
      await page.getByRole("button", { name: "Search" }).click();
    },
  },
  {
    name: "registrations-counted",
    path: "/registrations",
    heading: /^\d+ registered$/,
    act: (page) => page.getByRole("button", { name: "Count" }).click(),
  },
  { name: "registration-new", path: "/registrations/new", heading: "Add a registration" },
  { name: "acceptance", path: "/acceptance", heading: "Acceptance" },
  { name: "system", path: "/system", heading: "Limits" },
  { name: "audit-log", path: "/system/log", heading: "Audit log" },
  {
    name: "refused",
    path: "/registrations",
    heading: "Rejected: nothing was changed",
    act: (page) =>
      page.evaluate("Object.assign(document.querySelector('form'), { action: '/registrations/export' }).submit()"),
  },
];

/** Leaves the page in this state. */
export async function showReadOnly(page: Page, state: ReadOnlyState, console: ReadOnlyConsole): Promise<void> {
  await state.act?.(page, console);
  await page.getByRole("heading", { name: state.heading }).first().waitFor(waitOptions);
}

/** Both widths and both schemes, each with each. */
export const readOnlyThemes: readonly Theme[] = [390, 1_280].flatMap((width) =>
  (["light", "dark"] as const).map((colorScheme) => ({
    name: `${width} px, ${colorScheme}`,
    width,
    height: 800,
    colorScheme,
  })),
);
