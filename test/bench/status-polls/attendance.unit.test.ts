/** The page's script against the web tier's routes, in a backlog: most of what it asks for reaches no instance. */
import { attend } from "../../../bench/status-polls/attendance.ts";
import { t } from "../../equipment/file-test.ts";

/** Ten minutes, at ten people a second. */
const backlog = (people: number) => ({ people, waitSeconds: 600, arrivalSeconds: people / 10, edges: 1 });

t.test("in ten minutes of backlog a page asks for its status some eight times, not fifty", async (t) => {
  const before = await attend({ ...backlog(10), hasProgress: false });
  t.ok(before.requests.statuses > 40 * 10, `control: ${before.requests.statuses} of 10 without GET /progress`);
  t.equal(before.requests.progress, 0);
  const after = await attend({ ...backlog(60), hasProgress: true });
  t.ok(after.requests.statuses < 10 * 60, `${after.requests.statuses} of 60`);
  t.equal(after.requests.registrations, 60);
  t.ok(after.requests.progress <= 800, `${after.requests.progress} in some 700 s: once a second at most`);
  t.ok(after.keptAtEdge > 25 * 60, `${after.keptAtEdge}`);
  t.ok(after.toldAfter.longest < 30, `told ${after.toldAfter.longest} s after it was stored`);
});
