/** An attendee registers, in a real browser, on the whole stack. */
import t from "tap";
import { fillIn, hasFocus, headingReads, newAddress, registerButton, sticksOut, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { openStage } from "./stage.ts";

const statusPath = /^\/registrations\/[\w.~-]+$/;

t.test("registering in a browser", { skip, timeout: 240_000, jobs: 3 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openStage();
  t.teardown(() => stage.close());
  const home = new URL(stage.openUrl);

  t.test("ends in a confirmation, in place, that a reload shows again", { buffered: true }, async (t) => {
    const { page, context, requests, troubles, posts } = await visit(browser, stage.openUrl);
    const email = await fillIn(page);
    await registerButton(page).click();
    await headingReads(page, "You are registered");
    t.match(new URL(page.url()).pathname, statusPath);
    t.match(await page.title(), "You are registered – Open Source Summit");
    t.match(await page.locator("[data-row=received]").textContent(), /Central European/);
    t.equal(posts().length, 1);

    await page.reload();
    await headingReads(page, "You are registered");

    const urls = requests.map((request) => new URL(request.url()));
    t.ok(urls.length > 10);
    t.strictSame(
      urls.filter(({ host }) => host !== home.host),
      [],
      "nothing is asked of anybody else",
    );
    t.notMatch(urls.join(" "), email.split("@")[0], "no address stands in a URL");
    const { cookies, origins } = await context.storageState();
    t.strictSame(cookies, []);
    t.strictSame(
      origins.flatMap(({ localStorage }) => localStorage.map(({ name }) => name)),
      ["turnout.sent"],
      "nothing is kept on the device but what was sent",
    );
    t.notMatch(JSON.stringify(origins), new URL(page.url()).pathname.split("/").at(-1), "and no link to it");
    t.strictSame(troubles, []);
    await context.close();
  });

  t.test("works without a script, by a page that reloads by itself", { buffered: true }, async (t) => {
    await stage.stopWorker();
    const { page, context } = await visit(browser, stage.openUrl, { javaScriptEnabled: false });
    await fillIn(page);
    await registerButton(page).click();
    await headingReads(page, "We have your registration");
    t.match(new URL(page.url()).pathname, statusPath);
    await page.getByRole("link", { name: "Check again" }).waitFor();
    await stage.resumeWorker();
    await headingReads(page, "You are registered");
    await context.close();
  });

  t.test(
    "works without a script where a browser does not say from which site a form comes",
    { buffered: true },
    async (t) => {
      // Not localhost and no TLS: Chromium leaves out Sec-Fetch-Site, as older browsers do everywhere.
      const elsewhere = await openChromium(["--host-resolver-rules=MAP summit.test 127.0.0.1"]);
      t.teardown(() => elsewhere.close());
      const { page, context, requests } = await visit(elsewhere, `http://summit.test:${home.port}`, {
        javaScriptEnabled: false,
      });
      await fillIn(page);
      await registerButton(page).click();
      await page.waitForURL(/\/registrations\/\w+\./, { waitUntil: "commit" });
      const headers = await requests.find((request) => request.method() === "POST")?.allHeaders();
      t.match(headers, { origin: "null" }, "as our own pages make it");
      t.equal(headers?.["sec-fetch-site"], undefined, "control: nothing says that it is our own");
      await context.close();
    },
  );

  t.test(
    "confirms although the browser does not know the event's time zone, nor units",
    { buffered: true },
    async (t) => {
      const { page, context, troubles } = await visit(browser, "about:blank");
      await page.addInitScript(`{
      const { DateTimeFormat, NumberFormat } = Intl;
      Intl.DateTimeFormat = function (locale, options) {
        if (options?.timeZone === "Europe/Berlin") throw new RangeError("Invalid time zone specified: Europe/Berlin");
        return new DateTimeFormat(locale, options);
      };
      Intl.NumberFormat = function (locale, options) {
        if (options?.style === "unit") throw new RangeError("Value unit out of range");
        return new NumberFormat(locale, options);
      };
    }`);
      await page.goto(stage.openUrl);
      await fillIn(page);
      await registerButton(page).click();
      await headingReads(page, "You are registered");
      t.match(
        await page.locator("[data-row=received]").textContent(),
        /Greenwich|GMT|British/,
        "in the reader's own zone",
      );
      t.strictSame(troubles, []);
      await context.close();
    },
  );

  t.test(
    "suggests what an address was probably meant to be, and takes it as it stands all the same",
    { buffered: true },
    async (t) => {
      const { page, context, posts } = await visit(browser, stage.openUrl);
      const button = page.locator("[data-pointer='/email'] .suggestion button");
      const local = newAddress().split("@")[0] ?? "";
      await fillIn(page, `${local}@gmial.com`);
      await button.waitFor();
      t.equal(await button.textContent(), `Did you mean ${local}@gmail.com?`);
      await button.click();
      t.equal(await page.getByLabel("Email address").inputValue(), `${local}@gmail.com`);
      t.notOk(await button.isVisible());
      await fillIn(page, `${local}@gmial.com`);
      await registerButton(page).click();
      await headingReads(page, "You are registered");
      t.match(posts().at(-1)?.postData(), `${local}@gmial.com`);
      await context.close();
    },
  );

  t.test("takes an address as it was pasted, and says of a wrong one what is wrong", { buffered: true }, async (t) => {
    for (const javaScriptEnabled of [true, false]) {
      const { page, context } = await visit(browser, stage.openUrl, { javaScriptEnabled });
      await fillIn(page, "ada＠example.org");
      await registerButton(page).click();
      await page.locator("#summary").waitFor();
      t.match(await page.locator("#email-error").textContent(), "full-width ＠");
      await fillIn(page, `Ada Lovelace <${newAddress()}>,`);
      await registerButton(page).click();
      await headingReads(page, "You are registered");
      await context.close();
    }
  });

  t.test("a reload after a rejected form leads back to the form", { buffered: true }, async (t) => {
    const { page, context } = await visit(browser, stage.openUrl, { javaScriptEnabled: false });
    await registerButton(page).click();
    await page.locator("#summary").waitFor();
    t.equal(new URL(page.url()).pathname, "/registrations");
    await page.goto(page.url());
    await headingReads(page, "Register");
    t.equal(new URL(page.url()).pathname, "/");
    await context.close();
  });

  t.test("works by keyboard alone, and says where one is", { buffered: true }, async (t) => {
    const { page, context } = await visit(browser, stage.openUrl);
    const focused = () => page.evaluate<string>("document.activeElement.id || document.activeElement.tagName");
    const visited: string[] = [];
    for (const text of ["", newAddress(), "Ada Lovelace", "", "Engines", "2", " "]) {
      if (visited.length > 0 || text !== "") {
        await page.keyboard.press("Tab");
        visited.push(await focused());
        const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
        t.not(outline, "none", `${visited.at(-1)} shows that it has the focus`);
      }
      if (visited.at(-1) === "answer-ticket") await page.keyboard.press("ArrowDown");
      else await page.keyboard.type(text);
    }
    t.strictSame(visited, ["email", "name", "answer-ticket", "answer-organisation", "answer-guests", "answer-conduct"]);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await headingReads(page, "You are registered");
    t.equal(await focused(), "H2", "the outcome has the focus, so a screen reader reads it");
    await context.close();
  });

  t.test("shows what is wrong at each field, without asking the server", { buffered: true }, async (t) => {
    const { page, context, posts } = await visit(browser, stage.openUrl);
    await page.getByLabel("Email address").fill("ada@example");
    await page.getByLabel("Guests you bring along").fill("7");
    await registerButton(page).click();
    const summary = page.locator("#summary");
    await summary.waitFor();
    t.equal(await page.evaluate("document.activeElement.id"), "summary");
    t.match(await page.title(), /^Error: /);
    t.strictSame(await summary.getByRole("listitem").allTextContents(), [
      "Enter an email address like name@example.org, using only plain letters, digits and common symbols before the @.",
      "Enter your name.",
      "Guests you bring along – Enter a whole number from 0 to 4.",
      "I accept the code of conduct – Tick this box to continue.",
    ]);
    const name = page.getByLabel("Name", { exact: true });
    t.equal(await name.getAttribute("aria-invalid"), "true");
    const described = await name.getAttribute("aria-describedby");
    t.equal(await page.locator(`#${described}`).textContent(), "Error: Enter your name.");
    t.equal(await page.getByLabel("Organisation").getAttribute("aria-invalid"), null);
    await summary.getByRole("link", { name: "Enter your name." }).click();
    t.equal(await page.evaluate("document.activeElement.id"), "name");
    t.equal(new URL(page.url()).hash, "");
    t.equal(posts().length, 0);

    await fillIn(page);
    await page.getByLabel("Guests you bring along").fill("3");
    await registerButton(page).click();
    await headingReads(page, "You are registered");
    await context.close();
  });

  t.test("shows at its field what only the server could tell", { buffered: true }, async (t) => {
    const { page, context, posts } = await visit(browser, stage.openUrl);
    await fillIn(page, "two..dots@example.org");
    await registerButton(page).click();
    await page.locator("#summary").waitFor();
    t.equal(posts().length, 1);
    t.match(await page.locator("#email-error").textContent(), "name@example.org");
    t.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Ada Lovelace");
    t.equal(await page.locator(".fields").getAttribute("inert"), null);
    await fillIn(page);
    await registerButton(page).click();
    await headingReads(page, "You are registered");
    await context.close();
  });

  t.test("keeps the entries of a rejected form without a script as well", { buffered: true }, async (t) => {
    const { page, context } = await visit(browser, stage.openUrl, { javaScriptEnabled: false, locale: "de-DE" });
    await page.locator("#email").fill("two..dots@example.org");
    await page.locator("#name").fill("Ada <b>");
    await page.locator("#answer-guests").fill("2");
    await page.locator("#answer-conduct").check();
    await registerButton(page).click();
    await page.locator("#summary").waitFor();
    t.match(await page.locator("#summary").textContent(), "Bitte prüfen Sie Ihre Angaben");
    await hasFocus(page, "#summary");
    t.equal(await page.locator("#name").inputValue(), "Ada <b>");
    t.equal(await page.locator("#answer-guests").inputValue(), "2");
    t.ok(await page.locator("#answer-conduct").isChecked());
    await page.locator("#email").fill(newAddress());
    await registerButton(page).click();
    await headingReads(page, "Sie sind angemeldet");
    await context.close();
  });

  t.test("sends once, however often and however it is pressed", { buffered: true }, async (t) => {
    const { page, context, posts } = await visit(browser, stage.openUrl);
    await fillIn(page);
    await registerButton(page).dblclick();
    await page.evaluate("document.querySelector('form')?.requestSubmit()");
    await headingReads(page, "You are registered");
    t.equal(posts().length, 1);
    await context.close();
  });

  t.test("fits a narrow screen", { buffered: true }, async (t) => {
    for (const width of [390, 320]) {
      const { page, context } = await visit(browser, stage.openUrl, { viewport: { width, height: 800 } });
      t.notOk(await sticksOut(page), `the form at ${width} px`);
      await registerButton(page).click();
      await page.locator("#summary").waitFor();
      t.notOk(await sticksOut(page), `its errors at ${width} px`);
      await fillIn(page);
      await registerButton(page).click();
      await headingReads(page, "You are registered");
      t.notOk(await sticksOut(page), `the confirmation at ${width} px`);
      await context.close();
    }
  });

  t.test("shows a link that belongs to no registration as that", { buffered: true }, async (t) => {
    const { page, context } = await visit(browser, `${stage.openUrl}/registrations/k.invalid`);
    await headingReads(page, "No registration was found for this link");
    await page.getByRole("link", { name: "To the event page" }).click();
    await headingReads(page, "Register");
    t.equal(new URL(page.url()).pathname, "/");
    await context.close();
  });
});
