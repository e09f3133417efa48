/** The main job from end to end: somebody registers at the web tier and is in the table. */
import t from "tap";
import { acceptedOf, postRegistration, untilConfirmed } from "../equipment/attendee.ts";
import { eventually, stretched } from "../equipment/eventually.ts";
import { timesSlower } from "../equipment/machine-speed.ts";
import { startStack } from "../equipment/running-stack.ts";

// Whole processes on a machine that may be busy.
t.setTimeout(240_000);

const running = await startStack();
t.teardown(() => running.stop());
const { web } = running;

t.test("on an idle service a registration is confirmed in under a second", async (t) => {
  const tookMs: number[] = [];
  // Longer than five where a machine that is busy with other things has let each wait.
  for (let attempt = 0; attempt < 5 || (attempt < 20 && Math.min(...tookMs) >= 1_000); attempt += 1) {
    const startedAt = performance.now();
    const accepted = await acceptedOf(
      await postRegistration(web, { email: `idle-${attempt}@example.org`, name: "Ada" }),
    );
    await untilConfirmed(web, accepted);
    tookMs.push(Math.round(performance.now() - startedAt));
  }
  t.comment(`from POST to confirmed: ${tookMs.join(", ")} ms`);
  const limitMs = 1_000 * Math.max(timesSlower(), stretched(1));
  t.ok(Math.min(...tookMs) < limitMs, `the best took ${Math.min(...tookMs)} ms of ${Math.round(limitMs)}`);
});

t.test("what is stored is what was sent, whatever script it is in", async (t) => {
  const submission = {
    email: "  Grace.Hopper+navy@BÜCHER.example ",
    name: "Zoë 𝒵 張偉 محمد 🎟️ O'Neill <b>",
    answers: { ticket: "Both days", organisation: '=cmd|"/c calc"!A1', guests: 2, newsletter: true },
  };
  await untilConfirmed(web, await acceptedOf(await postRegistration(web, submission)));
  const stored = (await running.stored()).find(({ email }) => email.startsWith("grace"));
  t.match(stored, {
    email: "grace.hopper+navy@xn--bcher-kva.example",
    name: submission.name,
    answers: submission.answers,
  });
  t.ok(Date.parse(stored!.storedAt) >= Date.parse(stored!.submittedAt));
});

t.test("a form without script leads to the status page, which says so once it is confirmed", async (t) => {
  const response = await fetch(`${web}/registrations`, {
    method: "POST",
    redirect: "manual",
    headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ email: "form@example.org", name: "Form Person", "answers.guests": "1" }),
  });
  t.equal(response.status, 303);
  const statusUrl = response.headers.get("location")!;
  await untilConfirmed(web, { receipt: "", status: "pending", statusUrl, retryAfterSeconds: 1 });
  const page = await fetch(web + statusUrl, { headers: { accept: "text/html" } });
  t.equal(page.status, 200);
  t.match(page.headers.get("content-type"), /^text\/html/);
  t.ok((await running.stored()).some(({ email, answers }) => email === "form@example.org" && answers.guests === 1));
});

t.test("the way is empty afterwards: nothing on the queues, nothing dead-lettered, both tiers well", async (t) => {
  await eventually(async () => (await running.outstanding()) === 0, "both queues are empty");
  t.same(await running.deadLetters(), []);
  t.equal((await fetch(`${web}/ready`)).status, 200);
  t.equal((await fetch(`${running.worker}/health`)).status, 200);
});
