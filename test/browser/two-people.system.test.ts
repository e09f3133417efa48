/**
 * Two people and one address, in a browser: a stranger registers it first, its owner comes later, and ends up with the
 * registration, by the mails that only the owner reads.
 */
import t from "tap";
import type { Browser, Page } from "playwright-core";
import { createInbox, linksOf, type Inbox, type InboxMail } from "../equipment/inbox.ts";
import { fillIn, headingReads, newAddress, registerButton, visit } from "./attendee.ts";
import { openChromium, skip } from "./chromium.ts";
import { openStage } from "./stage.ts";

const registered = "You are registered";
const withdrawn = "Your registration has been withdrawn";

/** Registers in a browser of its own. @returns the page that says so */
async function register(browser: Browser, url: string, email: string, name: string): Promise<Page> {
  const { page } = await visit(browser, url);
  await fillIn(page, email);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await registerButton(page).click();
  await headingReads(page, registered);
  return page;
}

async function correctName(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name: "Correct your entries" }).click();
  await headingReads(page, "Correct your registration");
  await page.getByLabel("Name", { exact: true }).fill(name);
  const conduct = page.getByLabel("I accept the code of conduct");
  await conduct.check();
  await registerButton(page).click();
  await page.getByText("We have received your change").waitFor();
}

/** Opens a mail in the inbox and follows its link, as the owner of the address does. */
async function followLink(page: Page, inboxUrl: string, { id, text }: InboxMail): Promise<void> {
  await page.goto(`${inboxUrl}/mails/${id}`);
  const [link] = linksOf({ text });
  await page.getByRole("link", { name: link!, exact: true }).click();
  await headingReads(page, registered);
}

const isAbout = (words: RegExp) => (mail: InboxMail) => words.test(mail.subject);

t.test("two people and one address", { skip, timeout: 240_000 }, async (t) => {
  const browser = await openChromium();
  t.teardown(() => browser.close());
  const stage = await openStage({ mail: true });
  t.teardown(() => stage.close());
  const inboxUrl = stage.inboxUrl!;
  const inbox: Inbox = createInbox(inboxUrl);

  await t.test("the owner learns of the stranger, takes the registration over, and keeps it", async (t) => {
    const email = newAddress();
    const stranger = await register(browser, stage.openUrl, email, "A Stranger");
    const owner = await register(browser, stage.openUrl, email, "The Owner");
    // To the owner it looked as to anybody; the mail says what it was.
    const notice = await inbox.mailTo(email, isAbout(/already registered/i));
    t.notMatch(`${notice.text} ${notice.html}`, /Stranger/, "nothing that the stranger typed is in a mail");

    await followLink(owner, inboxUrl, notice);
    await owner.getByText("A Stranger").waitFor();
    await correctName(owner, "The Owner");
    await owner.goto(linksOf(notice)[0]!);
    while ((await owner.getByText("The Owner").count()) === 0) await owner.reload();

    t.equal(await stranger.getByText("The Owner").count(), 0);
    await correctName(stranger, "The Stranger Again");
    await stranger.getByRole("link", { name: "Withdraw your registration" }).click();
    await registerButton(stranger).click();
    await stranger.getByText("We have received").waitFor();

    // What the stranger sent before this is done once this is.
    await correctName(owner, "The Owner, Second");
    await owner.goto(linksOf(notice)[0]!);
    while ((await owner.getByText("The Owner, Second").count()) === 0) await owner.reload();
    await headingReads(owner, registered);
    await stranger.reload();
    await headingReads(stranger, registered);
    t.equal(await stranger.getByText(/Owner/).count(), 0, "the stranger never sees what the owner wrote");
    t.equal((await inbox.mailsTo(email, 2)).length, 2, "one confirmation and one notice, however often somebody comes");
  });

  await t.test("the owner who never came withdraws what the stranger registered, and registers again", async (t) => {
    const email = newAddress();
    const stranger = await register(browser, stage.openUrl, email, "A Stranger");
    const confirmation = await inbox.mailTo(email);
    const { page: owner } = await visit(browser, stage.openUrl);
    await followLink(owner, inboxUrl, confirmation);
    await owner.getByRole("link", { name: "Withdraw your registration" }).click();
    await registerButton(owner).click();
    await headingReads(owner, withdrawn);
    await stranger.reload();
    await headingReads(stranger, withdrawn);
    await register(browser, stage.openUrl, email, "The Owner");
    t.pass("the address is free again");
  });

  await t.test("who lost the link has it mailed, and a stranger who asks for it learns nothing", async (t) => {
    const email = newAddress();
    await register(browser, stage.openUrl, email, "The Owner");
    const { page } = await visit(browser, stage.openUrl);
    const answers: string[] = [];
    for (const address of [email, newAddress()]) {
      await page.goto(new URL("/lost-link", stage.openUrl).href);
      await page.getByLabel("Email address").fill(address);
      await registerButton(page).click();
      await page.waitForURL(/requested/);
      answers.push(await page.locator("main").innerText());
    }
    t.equal(answers[0], answers[1]);
    await followLink(page, inboxUrl, await inbox.mailTo(email, isAbout(/link/i)));
    await page.getByText("The Owner").waitFor();
  });
});
