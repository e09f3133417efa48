/** Registration is paused while people are on the page: with and without a script, on a phone, from right to left. */
import type { Page } from "playwright-core";
import t from "tap";
import { createAcceptanceStore, type AcceptanceOrder } from "../../admin/acceptance/acceptance-store.ts";
import { connect } from "../../terminal/connection.ts";
import { eventually } from "../equipment/eventually.ts";
import { fillIn, registerButton, reloadUntil, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { openConsoleStage } from "./console-stage.ts";
import { examine } from "./examination.ts";
import { picture } from "./pictures.ts";
import { themes } from "./states.ts";

const phone = { viewport: { width: 390, height: 760 } };

t.test("while registration is paused", { skip, timeout: 280_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openConsoleStage();
  t.teardown(() => stage.close());
  const url = stage.stack.urls.web!;
  const connection = await connect({}, stage.stack.environment);
  t.teardown(() => connection.close());
  const store = createAcceptanceStore({
    connection: { ...connection, identity: async () => "ann" },
    wallClock: Date.now,
  });
  const health = async () => ((await (await fetch(`${url}/health`)).json()) as { acceptance: string }).acceptance;

  async function order(wanted: AcceptanceOrder): Promise<void> {
    await store.change(wanted, "the hall is being counted");
    const state = wanted.kind === "pause" ? "paused" : "open";
    if (wanted.kind !== "notice") await eventually(async () => (await health()) === state, `it is ${state}`);
  }
  const notice = { en: "We continue at noon.", de: "Um 12 Uhr geht es weiter." };
  const pause = () => order({ kind: "pause", until: undefined, notice });
  const resume = () => order({ kind: "resume" });

  /** Everything that is entered in the form, in its order. */
  const entered = (page: Page) =>
    page.evaluate<[string, string][]>("Array.from(new FormData(document.querySelector('#registration')))");

  t.test("who was filling in waits with everything that was typed, and is registered when it goes on", async (t) => {
    const { page, context, troubles, requests, posts } = await visit(browser, url, phone);
    const email = await fillIn(page);
    await page.getByLabel("Guests you bring along").fill("3");
    const typed = await entered(page);
    t.ok(
      [email, "Ada Lovelace", "Both days", "3"].every((value) => typed.some(([, text]) => text === value)),
      "control: what was typed is read",
    );
    await page.waitForLoadState("networkidle");
    const loaded = requests.length;
    await pause();
    t.equal(requests.length, loaded, "an open page asks nothing meanwhile");

    await registerButton(page).click();
    await page.locator("#wait[data-shown=paused]").getByText("We continue at noon.").waitFor();
    t.same(await entered(page), typed, "while it waits");
    await examine(t, page, themes);
    await picture(page, "waiting-390");
    await page.locator("#wait button").click();
    await page.locator("#wait[data-shown=stopped]").waitFor();
    t.same(await entered(page), typed, "when the attendee has stopped it");
    await page.getByLabel("Guests you bring along").fill("2");
    t.notSame(await entered(page), typed, "control: a change is seen, and can be made");
    await page.getByLabel("Guests you bring along").fill("3");
    const stopped = posts().length;

    await registerButton(page).click();
    await page.locator("#wait[data-shown=paused]").waitFor();
    await resume();
    await page.getByRole("heading", { level: 2, name: "You are registered", exact: true }).waitFor({ timeout: 60_000 });
    const sent = posts().slice(stopped);
    t.ok(sent.length > 1);
    t.equal(new Set(sent.map((post) => post.headers()["idempotency-key"])).size, 1, "all attempts count as one");
    t.equal(new Set(posts().map((post) => post.postData())).size, 1, "and hold the same");
    t.match(posts()[0]?.postDataJSON(), { email, name: "Ada Lovelace", answers: { ticket: "Both days", guests: 3 } });
    t.strictSame(troubles, []);
    await context.close();
  });

  t.test("without a script the page says so, the form comes back filled in, and can be sent later", async (t) => {
    const before = await visit(browser, url, { ...phone, javaScriptEnabled: false });
    const email = await fillIn(before.page);
    const typed = await entered(before.page);
    t.ok(
      typed.some(([, text]) => text === email),
      "control: what was typed is read",
    );
    await pause();
    const fresh = await visit(browser, url, { ...phone, javaScriptEnabled: false });
    await fresh.page.locator("#pause noscript").waitFor();
    t.ok(await registerButton(fresh.page).isDisabled());
    await picture(fresh.page, "no-script-390");
    await fresh.context.close();
    await registerButton(before.page).click();
    await before.page.locator("#pause").getByText("Everything you entered is still here").waitFor();
    t.same(await entered(before.page), typed, "the whole form is as it was");
    t.ok(await registerButton(before.page).isEnabled());
    await picture(before.page, "no-script-again-390");
    await resume();
    await registerButton(before.page).click();
    await before.page.waitForURL("**/registrations/*");
    await before.context.close();
  });

  for (const [locale, title, said] of [
    ["en-GB", "Registration is paused", notice.en],
    ["de-DE", "Die Anmeldung ist unterbrochen", notice.de],
    ["ar", "التسجيل متوقف مؤقتًا", notice.en],
  ] as const) {
    t.test(`the page in ${locale}`, async (t) => {
      await pause();
      await order({ kind: "notice", notice: { en: "The venue has changed: hall 4." } });
      for (const viewport of [phone.viewport, { width: 1_280, height: 860 }]) {
        const { page, context, troubles } = await visit(browser, url, { locale, viewport });
        await page.getByRole("heading", { level: 3, name: title }).waitFor();
        await reloadUntil(page, () => page.getByText("hall 4").isVisible(), "the notice is shown");
        t.equal(await page.locator("#pause .said").textContent(), said);
        t.equal(await page.locator("#pause .said").getAttribute("lang"), locale === "ar" ? "en-GB" : null);
        t.ok(await registerButton(page).isEnabled(), "what is entered is sent when it goes on");
        await examine(t, page, viewport === phone.viewport ? themes : themes.slice(0, 1));
        await picture(page, `paused-${locale}-${viewport.width}`);
        t.strictSame(troubles, []);
        await context.close();
      }
    });
  }
});
