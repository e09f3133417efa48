/** The inbox of the embedded SES, as somebody sees it who tries Turnout on their machine. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SendBulkEmailCommand } from "@aws-sdk/client-sesv2";
import t, { type Test } from "tap";
import { eventually } from "../equipment/eventually.ts";
import { startMailEngine } from "../equipment/mail-engine.ts";
import { openChromium, skip } from "./chromium.ts";
import { examine } from "./examination.ts";
import { themes } from "./states.ts";

const html = `<!doctype html><html lang="en"><head><title>Registered</title></head><body>
<p id="said">as it came</p><script>document.getElementById("said").textContent = "changed";</script>
<img src="LINK/picture" alt=""><a href="LINK">See your registration</a></body></html>`;

/** Stands for the web tier. @returns its address and the paths that were asked for */
async function startSite(t: Test) {
  const asked: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    asked.push(url);
    response.setHeader("content-security-policy", "frame-ancestors 'none'");
    response.setHeader("content-type", "text/html");
    response.end("<title>site</title><p>Your registration</p>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

t.test("a mail is found by its address, runs and loads nothing, and its link leads out", { skip }, async (t) => {
  const site = await startSite(t);
  const { url, ses } = await startMailEngine(t);
  const browser = await openChromium();
  t.teardown(() => browser.close());
  await ses.send(
    new SendBulkEmailCommand({
      FromEmailAddress: "Turnout <registration@localhost>",
      DefaultContent: {
        Template: {
          TemplateContent: {
            Subject: "You are registered",
            Text: "See {{link}}.",
            Html: html.replaceAll("LINK", "{{link}}"),
          },
          Attachments: [{ FileName: "event.ics", ContentType: "text/calendar", RawContent: Buffer.from("BEGIN") }],
        },
      },
      BulkEmailEntries: ["ada@example.org", "bounce@simulator.amazonses.com"].map((address) => ({
        Destination: { ToAddresses: [address] },
        ReplacementEmailContent: {
          ReplacementTemplate: { ReplacementTemplateData: JSON.stringify({ link: `${site.url}/registrations/x` }) },
        },
      })),
    }),
  );

  t.test("with scripts, under the rules of axe in every theme", async (t) => {
    const page = await browser.newPage();
    t.teardown(() => page.close());
    for (const path of ["/", "/?to=nobody@example.org", "/mails/1", "/mails/2", "/mails/3"]) {
      await page.goto(`${url}${path}`);
      // Scripts of the examination, which the page itself forbids.
      await examine(t, page, themes);
    }
  });

  t.test("what is written from right to left is shown so, line by line", async (t) => {
    const Text = "أنت مسجَّل\nhttps://school.example.org/";
    await ses.send(
      new SendBulkEmailCommand({
        FromEmailAddress: "registration@localhost",
        DefaultContent: { Template: { TemplateContent: { Subject: "أنت مسجَّل (2026)", Text } } },
        BulkEmailEntries: [{ Destination: { ToAddresses: ["noor@example.org"] } }],
      }),
    );
    const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
    t.teardown(() => page.close());
    const directionOf = (selector: string) =>
      page.evaluate(`getComputedStyle(document.querySelector("${selector}")).direction`);
    await page.goto(`${url}/?to=noor@example.org`);
    t.equal(await directionOf(".subject"), "rtl");
    await page.getByRole("link", { name: "(2026)" }).click();
    await page.waitForURL("**/mails/*");
    t.equal(await directionOf("h1"), "rtl");
    const text = await page.locator(".text").boundingBox();
    const link = await page.locator(".text a").boundingBox();
    t.ok(link!.x - text!.x < 30, "the link begins at the left");
    await examine(t, page, themes);
  });

  t.test("without scripts", async (t) => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    t.teardown(() => context.close());
    const page = await context.newPage();
    await page.goto(url);
    await page.getByLabel("Mails to").fill("ADA@example.org");
    await page.getByRole("button", { name: "Show" }).click();
    await page.waitForURL(/to=/);
    t.equal(await page.getByRole("listitem").count(), 1);
    await page.getByRole("link", { name: "You are registered" }).click();
    await page.waitForURL("**/mails/*");
    t.equal(await page.getByRole("heading", { level: 1 }).textContent(), "You are registered");
    const mail = page.frameLocator("iframe");
    t.equal(await mail.locator("#said").textContent(), "as it came");
    const [tab] = await Promise.all([
      context.waitForEvent("page"),
      mail.getByRole("link", { name: "See your registration" }).click(),
    ]);
    await eventually(() => tab.url() === `${site.url}/registrations/x`, "the link opens a tab of its own");
    await page.getByRole("link", { name: "/registrations/x" }).click();
    await page.waitForURL(`${site.url}/registrations/x`);
    t.notOk(site.asked.includes("/registrations/x/picture"), "nothing was loaded");
  });

  t.test("a mail's script does not run where scripts are allowed either", async (t) => {
    const page = await browser.newPage();
    t.teardown(() => page.close());
    await page.goto(`${url}/mails/1`);
    t.equal(await page.frameLocator("iframe").locator("#said").textContent(), "as it came");
    await page.goto(`${url}/mails/1/html`);
    t.equal(await page.locator("#said").textContent(), "as it came", "nor in a tab of its own");
    t.notOk(site.asked.includes("/registrations/x/picture"));
  });
});
