import { inspect } from "node:util";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { PutCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import type { FastifyInstance } from "fastify";
import type { Test } from "tap";
import { eventually } from "../equipment/eventually.ts";
import { t } from "../equipment/file-test.ts";
import { startEngines } from "../equipment/admin-engines.ts";
import { createAcceptanceStore } from "../../admin/acceptance/acceptance-store.ts";
import { createDeadLetterStore } from "../../shared/dead-letters/dead-letter-store.ts";
import { addRecord, event, host, openConsole, origin } from "./open-console.ts";
import { withPolicy } from "./policy-guard.ts";

const { connection } = await startEngines(t);
const record = await addRecord(connection);

/** Each route with its method, as the router has them. */
function routesOf(app: FastifyInstance): { method: string; path: string }[] {
  const routes: { method: string; path: string }[] = [];
  const parents: string[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).split("\n")) {
    const found = /^(.*?)[├└]── (\S+)(?: \((.+)\))?$/.exec(line);
    if (!found) continue;
    const [, indent = "", part = "", methods = ""] = found;
    parents.length = indent.length / 4;
    const path = parents.join("") + part;
    parents.push(part);
    for (const method of methods.split(", ").filter(Boolean)) routes.push({ method, path });
  }
  return routes;
}

function isRead({ method }: { readonly method: string }): boolean {
  return method === "GET" || method === "HEAD";
}

/** A request as a form on one of the console's pages sends it. */
function submission(cookie: string, formToken: string, method: string, path: string) {
  const url = path.replaceAll(/:\w+/g, record.id).replace("*", "x");
  const headers = { host, cookie, origin, "content-type": "application/x-www-form-urlencoded" };
  return { method: method as "POST", url, headers, payload: new URLSearchParams({ formToken }).toString() };
}

/** Each route that is posted to: what it only reads, and what it changes. A new one has to be put here. */
const posted: Readonly<Record<string, "reads" | "changes">> = {
  "/acceptance/notice": "changes",
  "/acceptance/pause": "changes",
  "/acceptance/resume": "changes",
  "/dead-letters": "reads",
  "/dead-letters/:id/discard": "changes",
  "/dead-letters/:id/edit": "changes",
  "/dead-letters/many": "changes",
  "/dead-letters/many/:id/execute": "changes",
  "/dead-letters/many/:id/stop": "changes",
  "/registrations": "reads",
  // The form for it, filled in.
  "/registrations/correction": "changes",
  "/registrations/correction/save": "changes",
  "/registrations/counts": "reads",
  // An entry of the audit log.
  "/registrations/export": "changes",
  "/registrations/new": "changes",
  // Of a search or a count that this console runs.
  "/registrations/scans/:id/stop": "reads",
  "/registrations/searches": "reads",
  "/replays": "changes",
  "/replays/:id/resume": "changes",
  "/replays/:id/stop": "changes",
};

t.test("every route that could change something is refused, and without the flag none is", async (t) => {
  const readOnly = await openConsole(t, connection, false, event, true);
  const usual = await openConsole(t, connection);
  const routes = routesOf(readOnly.app).filter((route) => !isRead(route));
  t.same(routes.map(({ path }) => path).toSorted(), Object.keys(posted).toSorted());
  t.ok(
    routes.every(({ method }) => method === "POST"),
    "nothing but posts",
  );
  for (const { method, path } of [...routes, { method: "POST", path: "/a/route/to/come" }]) {
    const answer = await readOnly.app.inject(submission(readOnly.cookie, readOnly.formToken, method, path));
    if (posted[path] === "reads") {
      t.notMatch(answer.body, "TURNOUT_READ_ONLY", `${method} ${path}`);
    } else {
      t.equal(answer.statusCode, 403, `${method} ${path}`);
      t.match(answer.body, /this console was started with --read-only[^]+TURNOUT_READ_ONLY/);
    }
    const { body } = await usual.app.inject(submission(usual.cookie, usual.formToken, method, path));
    t.notMatch(body, "TURNOUT_READ_ONLY", "control");
  }
});

/** All that the deployment keeps. */
async function everything(): Promise<unknown> {
  const { documents, sqs, queueUrl: QueueUrl } = connection;
  const items = (["registrations", "deadLetters", "outcomes", "activity", "controls"] as const).map(async (table) => {
    const { Items = [] } = await documents.send(
      new ScanCommand({ TableName: connection[`${table}Table`], ConsistentRead: true }),
    );
    // Neither the items nor their attributes have an order.
    return new Set(Items.map((item) => inspect(item, { sorted: true, depth: null })));
  });
  const counts = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] });
  return [await Promise.all(items), (await sqs.send(counts)).Attributes];
}

type Opened = Awaited<ReturnType<typeof openConsole>>;

/** Posts all that only reads. @returns the pages that follow, when they have ended */
async function readAll(t: Test, { post, get }: Opened): Promise<string[]> {
  const found = await post("/registrations", { email: "ann@example.org" });
  t.equal(found.statusCode, 200);
  const filtered = await post("/dead-letters", { text: record.id.slice(0, 13), state: "open" });
  t.equal(filtered.statusCode, 303);
  const pages = [found.body, (await get(String(filtered.headers.location))).body];
  for (const [path, form] of [
    ["/registrations/searches", { text: "ann" }],
    ["/registrations/counts", {}],
  ] as const) {
    const started = await post(path, form);
    t.equal(started.statusCode, 303, path);
    const at = String(started.headers.location);
    const ended = async () => {
      const { body } = await get(at);
      return /Search again|Count again/.test(body) && body;
    };
    pages.push(await eventually(ended, `${path} has ended`));
    t.equal((await post(`${at}/stop`, {})).statusCode, 303, "stopping one that has ended");
  }
  return pages;
}

t.test("whoever only looks finds, filters, searches and counts, which changes nothing", async (t) => {
  await connection.documents.send(
    new PutCommand({
      TableName: connection.registrationsTable,
      Item: {
        email: "ann@example.org",
        registrationId: "4f6c1e7a-0000-4000-8000-000000000001",
        name: "Ann Lee",
        answers: { ticket: "Both", conduct: true },
        submittedAt: "2026-02-01T09:00:00.000Z",
        storedAt: "2026-02-01T09:00:01.000Z",
      },
    }),
  );
  const before = await everything();
  const [found = "", filtered = "", searched = "", counted = ""] = await readAll(
    t,
    await openConsole(t, connection, false, event, true),
  );
  t.match(found, "ann@example.org is registered");
  t.notMatch(found, "Correct …");
  t.match(filtered, record.id);
  t.match(searched, /1 found/);
  t.match(counted, /1 registered/);
  t.same(await everything(), before);
  await addRecord(connection);
  t.notSame(await everything(), before, "control: a change is seen");
});

t.test("a read-only console stays closed to whoever lacks the link", async (t) => {
  const { app, formToken } = await openConsole(t, connection, false, event, true);
  const given = submission("", formToken, "POST", "/replays");
  t.equal((await app.inject(given)).statusCode, 401);
});

t.test("no page offers what would be refused, and each says that it only shows", async (t) => {
  const readOnly = await openConsole(t, connection, false, event, true);
  const usual = await openConsole(t, connection);
  const urls = [
    "/",
    "/dead-letters",
    `/dead-letters/${record.id}`,
    `/dead-letters/many?action=edit&id=${record.id}`,
    "/replays",
    `/replays/new?id=${record.id}`,
    "/registrations",
    "/registrations/new",
    "/acceptance",
    "/system",
    "/system/log",
  ];
  const routes = new Map(
    Object.entries(posted).map(([path, kind]) => [new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`), kind]),
  );
  const offered = (html: string) =>
    Array.from(html.matchAll(/method="post" action="([^"#?]*)/g), ([, action = ""]) => {
      const [, kind] = [...routes].find(([pattern]) => pattern.test(action)) ?? [];
      return `${action} ${kind}`;
    }).filter((form) => !form.endsWith(" reads"));
  /** Where there is only something to change. */
  const onlyChanges = /href="(\/replays\/new|\/registrations\/new|\/dead-letters\/many)/;
  let [forms, links] = [0, 0];
  const pages = await readAll(t, readOnly);
  for (const url of urls) {
    const page = await readOnly.get(url);
    t.equal(page.statusCode, 200, url);
    t.match(page.body, /<span class="badge read-only">read-only<\/span>/, url);
    pages.push(page.body);
    const { body } = await usual.get(url);
    t.notMatch(body, "badge read-only", url);
    forms += offered(body).length;
    if (onlyChanges.test(body)) links += 1;
  }
  for (const html of pages) {
    t.same(offered(html), []);
    t.notMatch(html, /class="danger"/);
    t.notMatch(html, onlyChanges);
  }
  t.ok(forms >= 5 && links >= 1, `control: there are ${forms} such forms otherwise, and links to such pages`);
  for (const url of ["/dead-letters", `/dead-letters/${record.id}`, "/replays", "/registrations", "/acceptance"]) {
    t.match((await readOnly.get(url)).body, /[Tt]his (console is read-only:|read-only console)/, `${url} says why`);
  }
  const filtered = await readOnly.get("/dead-letters?reason=invalid-registration&state=open&since=&until=");
  t.match(filtered.body, record.id, "the filter works by its address");
});

t.test("with the rights of the read-only policy alone, everything is shown and nothing is tried in vain", async (t) => {
  const { denied } = withPolicy(t, connection, "read-only");
  const opened = await openConsole(t, connection, false, event, true);
  const { get, watch, acceptance } = opened;
  watch.start();
  await acceptance.start();
  for (const url of [
    "/",
    "/history.json",
    "/dead-letters",
    `/dead-letters/${record.id}`,
    `/dead-letters/${record.id}/body`,
    "/replays",
    `/replays/new?id=${record.id}`,
    "/acceptance",
    "/system",
    "/system/log",
  ]) {
    t.equal((await get(url)).statusCode, 200, url);
  }
  for (const email of ["ann@example.org", "W7K3-M9XA"]) {
    t.equal((await opened.post("/registrations", { email })).statusCode, 200, email);
  }
  t.notMatch((await readAll(t, opened)).join(""), "It failed before the end");
  t.strictSame(denied, []);
  const pausing = createAcceptanceStore({
    connection: { ...connection, identity: async () => "ann" },
    wallClock: Date.now,
  });
  await t.rejects(
    pausing.change({ kind: "pause", until: undefined, notice: {} }, "control"),
    { name: "AccessDeniedException" },
    "control: a change is denied",
  );
});

t.test("with the rights of the admin policy alone, the console edits, discards and pauses", async (t) => {
  const other = await addRecord(connection);
  const { denied } = withPolicy(t, connection, "admin");
  const { post, registrations } = await openConsole(t, connection);
  for await (const piece of registrations.export("csv", new AbortController().signal)) t.ok(piece);
  const seen = { seen: "1", why: "a test" };
  const edited = await post(`/dead-letters/${other.id}/edit`, {
    ...seen,
    email: "ann@example.org",
    name: "Ann Lee",
    "answers.ticket": "Both",
    "answers.guests": "2",
    "answers.conduct": "true",
    step: "save",
  });
  t.equal(edited.statusCode, 303, edited.body);
  t.equal((await post(`/dead-letters/${record.id}/discard`, { ...seen })).statusCode, 303);
  t.equal((await post("/acceptance/pause", { version: "0", why: "a test" })).statusCode, 303);
  t.equal((await post("/acceptance/resume", { version: "1", why: "a test" })).statusCode, 303);
  t.strictSame(denied, []);
  const store = createDeadLetterStore(connection.documents, connection.deadLettersTable);
  t.match(await store.read(record.id), { state: "discarded" });
});
