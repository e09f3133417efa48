/** `node bench/status-polls/main.ts`: requests that reach the web tier for each registration in a backlog. */
import { parseArgs } from "node:util";
import { attend, type AttendanceOptions } from "./attendance.ts";

const help = `node bench/status-polls/main.ts [options]

People register in a backlog and keep the status page open until they are confirmed. Counts the requests that reach the
web tier for each of them: with GET /progress, and without it, as before there was one.

  --people N       who are counted (default 2000)
  --minutes M      that each of them waits (default 10)
  --edges E        edge locations that keep copies of their own (default 1)
  --help
`;

const { values } = parseArgs({
  options: {
    people: { type: "string", default: "2000" },
    minutes: { type: "string", default: "10" },
    edges: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});

function positive(name: "people" | "minutes" | "edges"): number {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} was ${values[name]}, allowed is a whole number above 0`);
}

async function print(title: string, options: AttendanceOptions): Promise<void> {
  const { requests, keptAtEdge, toldAfter } = await attend(options);
  const { registrations, statuses, progress } = requests;
  const each = (count: number) => (count / options.people).toFixed(2);
  console.log(
    `${title}: ${each(registrations + statuses + progress)} requests for each registration reach the web tier ` +
      `(${each(registrations)} registering, ${each(statuses)} status, ${each(progress)} progress); ` +
      `${each(keptAtEdge)} are answered at the edge; ` +
      `told ${toldAfter.mean.toFixed(1)} s after being stored, ${toldAfter.longest.toFixed(1)} s at most`,
  );
}

if (values.help) console.log(help);
else {
  const people = positive("people");
  const counted = { people, waitSeconds: positive("minutes") * 60, arrivalSeconds: 300, edges: positive("edges") };
  console.log(
    `${people} people, each waiting ${values.minutes} minutes, ${values.edges} edge locations, simulated time`,
  );
  await print("before", { ...counted, hasProgress: false });
  await print("after", { ...counted, hasProgress: true });
}
