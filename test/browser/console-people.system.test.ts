/** Finding, counting, adding and correcting people in the console, in a real browser. */
import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { Page } from "playwright-core";
import t from "tap";
import { createDocumentClient } from "../../shared/aws/aws-clients.ts";
import { sticksOut, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { openConsoleStage } from "./console-stage.ts";
import { applyRules, axe } from "./examination.ts";
import { tabTo } from "./form-filling.ts";
import { picture } from "./pictures.ts";

const waitOptions = { timeout: 60_000 };
const phone = { width: 390, height: 760 };

t.test("people in the console", { skip, timeout: 400_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openConsoleStage();
  t.teardown(() => stage.close());
  const { consoleUrl, stack } = stage;
  const { environment } = stack;
  const documents = createDocumentClient({ region: environment.AWS_REGION!, requestTimeoutMs: 20_000, maxAttempts: 3 });
  t.teardown(() => documents.destroy());

  async function look(page: Page, name: string): Promise<void> {
    await picture(page, `${name}-1280`);
    await page.evaluate(axe);
    t.strictSame((await applyRules(page)).violated, [], `${name}: axe`);
    const before = page.viewportSize();
    await page.setViewportSize(phone);
    t.notOk(await sticksOut(page), `${name}: fits a phone`);
    await picture(page, `${name}-390`);
    if (before) await page.setViewportSize(before);
  }

  t.test("somebody is added by keyboard alone, an error at its field first, then found and corrected", async (t) => {
    const { page, context, requests, troubles } = await visit(browser, `${consoleUrl}/registrations`);
    await look(page, "registrations");
    await tabTo(page, page.locator("a[href='/registrations/new']"));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Add a registration" }).waitFor();
    await tabTo(page, page.locator("#edit-email"));
    await page.keyboard.type("Grace.Hopper@example.org");
    await tabTo(page, page.locator("#edit-name"));
    await page.keyboard.type("Grace Hopper");
    await tabTo(page, page.locator("#why"));
    await page.keyboard.type("by phone");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    t.equal(await page.getByLabel("I accept the code of conduct").getAttribute("aria-invalid"), "true");
    t.equal(await page.getByLabel("Name").inputValue(), "Grace Hopper", "nothing typed is lost");
    await look(page, "registration-form");
    await page.getByLabel("Which days will you come?").selectOption("Both days");
    await page.getByLabel("I accept the code of conduct").check();
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByText("grace.hopper@example.org").waitFor();
    await look(page, "registration-sent");
    const found = page.getByRole("heading", { name: "grace.hopper@example.org is registered" });
    await page.getByRole("button", { name: "Find it" }).click();
    for (const deadline = Date.now() + waitOptions.timeout; Date.now() < deadline && !(await found.isVisible());) {
      await page.getByRole("button", { name: "Find", exact: true }).click();
      await page.locator("[role=status] h3").waitFor();
    }
    await page.getByRole("button", { name: "Correct …" }).click();
    await page.getByRole("heading", { name: "Correct grace.hopper@example.org" }).waitFor();
    await page.getByLabel("Name").fill("Rear Admiral Hopper");
    await page.getByLabel("Why").fill("asked for it");
    await look(page, "registration-correction");
    await page.getByRole("button", { name: "Send the correction" }).click();
    await page.getByRole("heading", { name: /^(Stored|On the queue)$/ }).waitFor(waitOptions);
    await page.goto(`${consoleUrl}/system/log`);
    t.match(await page.locator("tbody").textContent(), /correct[^]*asked for it[^]*add[^]*by phone/);
    t.notOk(
      requests.some((request) => decodeURIComponent(request.url()).includes("@")),
      "no address in a URL",
    );
    t.strictSame(troubles, []);
    await context.close();
  });

  t.test("a search shows its progress without a reload, is stopped, and leads to the person", async (t) => {
    const note = "x".repeat(20_000);
    for (let start = 0; start < 600; start += 25) {
      const PutRequests = Array.from({ length: 25 }, (_, index) => {
        const number = start + index;
        const submittedAt = new Date(Date.now() - number * 600_000).toISOString();
        const answers = {
          ticket: number % 3 === 0 ? "Friday only" : "Both days",
          guests: number % 4,
          conduct: true,
          note,
        };
        const Item = { email: `ada-${number}@example.org`, name: `Ada Lovelace ${number}`, answers, submittedAt };
        return { PutRequest: { Item: { ...Item, registrationId: `made-up-${number}`, storedAt: submittedAt } } };
      });
      await documents.send(
        new BatchWriteCommand({ RequestItems: { [environment.REGISTRATIONS_TABLE!]: PutRequests } }),
      );
    }
    const { page, context, requests, troubles } = await visit(browser, `${consoleUrl}/registrations`);
    const part = page.getByLabel("Part of an address or a name");
    await part.fill("lovelace 17");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByRole("heading", { name: "Searching …" }).waitFor();
    await look(page, "search-running");
    const loads = () => requests.filter((request) => request.isNavigationRequest()).length;
    const before = loads();
    await page.getByRole("heading", { name: "16 found" }).waitFor(waitOptions);
    t.equal(loads(), before, "no reload");
    await look(page, "search-done");
    await page.getByRole("button", { name: "ada-17@example.org" }).click();
    await page.getByRole("heading", { name: "ada-17@example.org is registered" }).waitFor();
    await page.getByLabel("Part of an address or a name").fill("nobody");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByRole("heading", { name: "Searching …" }).waitFor();
    await tabTo(page, page.locator(".danger"));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Stopped before the end" }).waitFor(waitOptions);
    t.strictSame(troubles, []);
    await context.close();
  });

  t.test("counts come without a script too: the page loads itself again until the end", async (t) => {
    const { page, context } = await visit(browser, `${consoleUrl}/registrations`, { javaScriptEnabled: false });
    await page.getByRole("button", { name: "Count" }).click();
    await page.getByRole("heading", { name: "Counting …" }).waitFor();
    await page.getByRole("heading", { name: /^601 registered$/ }).waitFor(waitOptions);
    const table = page.locator("table.counts").first();
    t.match(await table.textContent(), /Both days[^]*40[01][^]*Friday only[^]*200/);
    t.match(await page.locator("main").textContent(), /When they registered, time zone [A-Z]/);
    const url = page.url();
    await context.close();
    const withScript = await visit(browser, consoleUrl);
    await withScript.page.goto(url);
    await withScript.page.locator("details summary").first().click();
    await look(withScript.page, "counts");
    await withScript.context.close();
  });
});
