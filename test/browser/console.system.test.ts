/** The console in a real browser, on the real local stack: what an operator does there, from the spike to the corrected record. */
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import t from "tap";
import { encodePack } from "../../shared/registration/registration-pack.ts";
import { hasFocus, reloadUntil, sticksOut, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { invalidEntry, openConsoleStage } from "./console-stage.ts";
import { examine } from "./examination.ts";
import { themes } from "./states.ts";

/** For what has to come by itself, while the machine does other things too. */
const waitOptions = { timeout: 60_000 };

function figure(page: Page, id: string) {
  return page.locator(`#figure-${id} dd b`);
}

async function headlineReads(page: Page, text: string | RegExp): Promise<void> {
  await page.locator("[data-live=headline] h2").filter({ hasText: text }).waitFor(waitOptions);
}

/** Loads the page again until it has so many of these, or more. */
function untilShown(page: Page, selector: string, count: number): Promise<void> {
  const holds = async () => (await page.locator(selector).count()) >= count;
  return reloadUntil(page, holds, `${count} of ${selector}`);
}

t.test("the console", { skip, timeout: 240_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openConsoleStage();
  t.teardown(() => stage.close());
  const { consoleUrl, stack } = stage;

  t.test("shows a spike while it comes and goes, without a reload", async (t) => {
    const { page, context, troubles, requests } = await visit(browser, consoleUrl);
    await headlineReads(page, "All is well");
    await page.locator("[data-chart=waiting] canvas").waitFor(waitOptions);
    t.equal(await page.locator("figure canvas").count(), 3);
    // Suspended, so that what comes is seen to wait.
    stack.kill("worker", "SIGSTOP");
    await stage.register(300);
    await figure(page, "waiting")
      .filter({ hasText: /^≈ \d+ p/ })
      .waitFor(waitOptions);
    t.match(await page.locator("#figure-waiting").textContent(), /message/, "both counts are told");
    await headlineReads(page, "The worker does not answer");
    stack.kill("worker", "SIGCONT");
    await headlineReads(page, "All is well");
    t.match(await page.locator("[data-chart=waiting] [role=img]").getAttribute("aria-label"), /people: now/);
    t.strictSame(troubles, [], "nothing that the security policy rejected");
    const foreign = requests.filter((request) => !request.url().startsWith(consoleUrl));
    t.strictSame(foreign, [], "nothing is loaded from elsewhere");
    t.equal(requests.filter((request) => request.isNavigationRequest()).length, 1, "no reload");
    await context.close();
  });

  t.test("leads from a group to the record, through edit, dry run and replay, to resolved", async (t) => {
    const id = await stage.sendInvalid();
    const { page, context, troubles } = await visit(browser, consoleUrl);
    await headlineReads(page, "1 registration needs attention");
    await page.getByRole("link", { name: "1 Not a valid registration" }).click();
    await page.getByRole("heading", { name: "Not a valid registration: 1 open" }).waitFor();
    await page.getByRole("link", { name: "grace.hopper@example" }).click();
    await page.waitForURL(`**/dead-letters/${id}`);
    t.match(await page.locator("main").textContent(), /A replay would not send it/);

    await page.getByRole("button", { name: "Check changes" }).click();
    await page.getByRole("alert").filter({ hasText: "/email" }).waitFor();
    t.equal(await page.getByLabel("Email address").getAttribute("aria-invalid"), "true");

    await page.getByLabel("Email address").fill("grace.hopper@example.org");
    await page.getByLabel("Guests you bring along").fill("1");
    await page.getByLabel("Why").first().fill("asked by phone");
    await page.getByRole("button", { name: "Check changes" }).click();
    const difference = page.locator(".changes").first();
    await difference.waitFor();
    await page.waitForLoadState();
    t.match(await difference.textContent(), /email: *grace.hopper@example → grace.hopper@example.org/);
    t.match(await difference.textContent(), /answers.guests: *2 → 1/);
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.getByText("Saved.").waitFor();

    await page.getByRole("link", { name: "Replay …" }).click();
    await page.getByRole("heading", { name: "Replay: dry run" }).waitFor();
    await page.waitForLoadState();
    t.match(await page.locator("main").textContent(), /1 of 1 would be sent[^]*Nothing has been sent yet/);
    await page.getByLabel("Why").fill("mended");
    await page.getByRole("button", { name: "Replay 1 now" }).click();
    await page.getByRole("heading", { name: "Done: all resolved" }).waitFor(waitOptions);

    await page.getByRole("link", { name: id }).click();
    await page.waitForURL(`**/dead-letters/${id}*`);
    const history = await page.locator(".history").textContent();
    t.match(history, /failed[^]*edited[^]*asked by phone[^]*resolved/);
    await page.locator(".badge.resolved").first().waitFor();
    await page.goto(`${consoleUrl}/system/log`);
    t.match(await page.locator("tbody").textContent(), /replay[^]*mended[^]*edit[^]*asked by phone/);
    t.strictSame(troubles, []);
    await context.close();
  });

  t.test("shows a hostile body as the text it is, and discards it with a reason", async (t) => {
    const body = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202e\u0085end`;
    await stage.sendDead(body, "malformed", "the message body is not JSON");
    const { page, context, troubles } = await visit(browser, `${consoleUrl}/dead-letters`);
    await untilShown(page, "tbody", 1);
    await page.goto(`${consoleUrl}/dead-letters?reason=malformed`);
    await page.getByRole("link", { name: "no readable address" }).click();
    t.match(await page.locator("pre").textContent(), String.raw`'owned'</script>\u202e\u0085end`);
    t.not(await page.title(), "owned");
    const waiting = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download the original" }).click();
    t.equal(readFileSync(await (await waiting).path(), "utf8"), body);

    await page.getByRole("button", { name: "Discard permanently" }).click();
    await hasFocus(page, "#discard-why");
    await page.locator("#discard-why").fill("not one of ours");
    await page.getByRole("button", { name: "Discard permanently" }).click();
    await page.getByText("Discarded.").waitFor();
    await page.waitForLoadState();
    t.match(await page.locator(".history").textContent(), /discarded[^]*not one of ours/);
    t.strictSame(troubles, []);
    await context.close();
  });

  t.test("lists replays; stops and resumes one by keyboard, after the console was restarted", async (t) => {
    for (let sent = 0; sent < 3; sent += 1) {
      await stage.sendDead(
        encodePack([{ ...invalidEntry(), email: `x${sent}@example.org` } as never]),
        "crash-loop",
        "c",
      );
    }
    const { page, context, troubles } = await visit(browser, `${consoleUrl}/dead-letters?reason=crash-loop`);
    await untilShown(page, "tbody input", 3);
    // The canary goes out, and nobody takes it.
    await stack.process("worker").stop();
    await page.getByLabel(/^All .* open ones/).check();
    await page.getByRole("button", { name: "Replay …" }).click();
    await page.getByLabel("Why").fill("once more");
    await page.getByRole("button", { name: "Replay 3 now" }).click();
    await page.getByRole("heading", { name: "Replaying …" }).waitFor();
    await page.getByText("Sent: 1.").waitFor(waitOptions);

    await page.getByRole("button", { name: /^Stop/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Stopped before the end" }).waitFor(waitOptions);
    t.match(await page.locator("main").textContent(), /stopped by [^]*Not reached: 2. Nothing is lost./);

    await stack.process("console").stop();
    await stack.process("console").start();
    await stack.process("worker").start();
    await page.goto(`${consoleUrl}/replays`);
    const row = page.getByRole("row").filter({ hasText: "once more" });
    t.match(await row.textContent(), /stopped[^]*0 of 3[^]*all open, reason crash-loop/);
    await page.setViewportSize({ width: 390, height: 760 });
    t.notOk(await sticksOut(page), "the list at 390 px");
    await examine(t, page, themes);
    await row.getByRole("button", { name: /^Resume/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Done: all resolved" }).waitFor(waitOptions);
    t.match(await page.locator("main").textContent(), /With an outcome: 3 of 3\. Sent: 3\.[^]*Resumed/);
    t.notOk(await sticksOut(page), "a run at 390 px");
    await examine(t, page, themes);
    t.strictSame(troubles, []);
    await context.close();
  });

  t.test("finds one by the address, never in a URL, and exports all", async (t) => {
    const [address = ""] = await stage.register(1);
    const { page, context, requests } = await visit(browser, `${consoleUrl}/registrations`);
    const found = page.getByRole("heading", { name: `${address} is registered` });
    for (const deadline = Date.now() + waitOptions.timeout; Date.now() < deadline && !(await found.isVisible());) {
      await page.getByLabel("Email address").fill(address.toUpperCase());
      await page.getByRole("button", { name: "Find" }).click();
      await page.locator("[role=status] h3").waitFor();
    }
    t.ok(await found.isVisible());
    await page.getByLabel("Email address").fill("nobody");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText("This is not an email address").waitFor();
    t.notOk(requests.some((request) => decodeURIComponent(request.url()).includes("@")));
    const waiting = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download CSV" }).click();
    const file = readFileSync(await (await waiting).path(), "utf8");
    t.match(file, /^\ufeff"email","name","registrationId"/);
    t.ok(file.includes(address));
    await context.close();
  });

  t.test("rejects what a page on another port of this machine posts, though its cookie comes along", async (t) => {
    const form = `<form method="post" action="${consoleUrl}/replays"><input name="all" value="yes"></form><script>document.forms[0].submit()</script>`;
    const server = createServer((_request, response) => response.setHeader("content-type", "text/html").end(form));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.teardown(() => server.close());
    const { page, context, requests } = await visit(browser, consoleUrl);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.getByRole("heading", { name: "Rejected: nothing was changed" }).waitFor();
    const post = requests.find((request) => request.method() === "POST");
    t.match((await post?.allHeaders())?.cookie, "turnout-console", "control: SameSite did not stop it");
    await context.close();
  });

  t.test("works by keyboard alone, and fits a phone", async (t) => {
    const { page, context } = await visit(browser, consoleUrl, { viewport: { width: 390, height: 760 } });
    await page.keyboard.press("Tab");
    t.equal(await page.evaluate("document.activeElement.textContent"), "Skip to content");
    await page.keyboard.press("Enter");
    await hasFocus(page, "#main");
    for (const path of [
      "/",
      "/dead-letters?state=all",
      "/replays",
      "/registrations",
      "/system",
      "/system/log",
      "/nowhere",
    ]) {
      await page.goto(consoleUrl + path);
      t.notOk(await sticksOut(page), `${path} at 390 px`);
    }
    await context.close();
  });

  t.test("says so when the console is gone, and goes on when it is back", async () => {
    const { page, context } = await visit(browser, consoleUrl);
    await headlineReads(page, /./);
    await stack.process("console").stop();
    await page.getByText("No live connection to the console.").waitFor(waitOptions);
    await stack.process("console").start();
    await page.getByText("No live connection to the console.").waitFor({ ...waitOptions, state: "hidden" });
    await context.close();
  });
});
