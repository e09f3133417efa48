import { t } from "../../equipment/file-test.ts";
import type { MailRequest } from "../../../shared/mail/mail-pack.ts";
import { encodePack } from "../../../shared/registration/registration-pack.ts";
import type { Registration } from "../../../shared/registration/registration.ts";
import { createPackProcessor, type PackProcessorOptions } from "../../../worker/pack-processor.ts";
import type { WriteOutcome } from "../../../worker/registration-writer.ts";
import { somebody } from "../../equipment/people.ts";

interface Preparation {
  readonly outcomeOf: (registration: Registration) => WriteOutcome["kind"];
  readonly posts?: boolean;
}

/** A processor that tells the order of what it does. */
function prepare({ outcomeOf, posts = true }: Preparation) {
  const steps: string[] = [];
  const posted: MailRequest[] = [];
  const options = {
    writer: {
      async writeAll(registrations: readonly Registration[]) {
        steps.push("stored");
        return registrations.map((one) => ({ kind: outcomeOf(one), reason: "rejected-by-table", detail: "" }));
      },
    },
    deadLetters: {
      async send() {
        steps.push("dead-lettered");
        return true;
      },
    },
    records: {
      async resolve() {
        steps.push("replay closed");
        return true;
      },
    },
    replays: { admit: async (registrations: readonly Registration[]) => ({ registrations, unfinished: 0 }) },
    outbox: {
      async post(requests: readonly MailRequest[]) {
        await new Promise((resolve) => setImmediate(resolve));
        steps.push("posted");
        posted.push(...requests);
        return posts;
      },
    },
    hideSecondsAfter: () => undefined,
    deadlineMs: 1_000,
    now: () => performance.now(),
    onPack: () => {},
    onOutcome: () => {},
    onHidden: () => {},
  } as unknown as PackProcessorOptions;
  const processor = createPackProcessor(options);
  return {
    steps,
    posted,
    process: (registrations: readonly Registration[]) => processor.process({ Body: encodePack(registrations) }),
  };
}

t.test("mails are on their queue before the message may be deleted", async (t) => {
  const { process, steps, posted } = prepare({ outcomeOf: () => "stored" });
  const all = [somebody(), somebody()];
  t.equal(await process(all), true);
  t.same(steps, ["stored", "posted"]);
  t.same(
    posted.map(({ id }) => id),
    all.map(({ id }) => id),
  );
});

t.test("when the mail queue does not confirm, the message comes again, and nothing is dead-lettered yet", async (t) => {
  const poison = somebody();
  const { process, steps } = prepare({
    outcomeOf: ({ id }) => (id === poison.id ? "rejected" : "stored"),
    posts: false,
  });
  t.equal(await process([somebody(), poison]), false);
  t.same(steps, ["stored", "posted"]);
});

t.test("a replay is closed only after its mail is on the queue: closed, it would not be asked for again", async (t) => {
  const replay = () => somebody({ replayOf: "record", claim: "claim" });
  const works = prepare({ outcomeOf: () => "stored" });
  t.equal(await works.process([replay()]), true);
  t.same(works.steps, ["stored", "posted", "replay closed"]);

  const down = prepare({ outcomeOf: () => "stored", posts: false });
  t.equal(await down.process([replay()]), false);
  t.same(down.steps, ["stored", "posted"]);
});

t.test("whoever is stored gets the mail although a neighbour is not finished", async (t) => {
  const slow = somebody();
  const { process, posted } = prepare({ outcomeOf: ({ id }) => (id === slow.id ? "unfinished" : "stored") });
  const other = somebody();
  t.equal(await process([slow, other]), false);
  t.same(
    posted.map(({ id }) => id),
    [other.id],
  );
});
