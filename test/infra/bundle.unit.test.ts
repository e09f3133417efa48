import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { t } from "../equipment/file-test.ts";
import { buildBundle, isRuntimeFile } from "../../infra/bundle.ts";
import { listZip } from "./bundle/unpack.ts";

/** A repository as small as one can be. */
function repository(t: Test) {
  const root = t.testdir({
    "package.json": "{}",
    "package-lock.json": "{}",
    "cron.yaml": "version: 1",
    "event.json": '{"name":"one"}',
    "other-event.json": '{"name":"other"}',
    infra: {
      bundle: { Procfile: "web: node main.ts\n", ".platform": { hooks: { predeploy: { "1.sh": "#!/bin/sh\n" } } } },
    },
    web: { "main.ts": "1", page: { "page.css": "a {}" } },
    worker: { "main.ts": "2" },
    shared: { "errors.ts": "3" },
    modules: { fastify: { "package.json": "{}", "index.js": "4", test: { "index.test.js": "5" }, "README.md": "6" } },
  });
  return {
    root,
    options: { root, eventFile: "event.json", modules: join(root, "modules"), output: join(root, "out/bundle.zip") },
  };
}

t.test("what runs goes into the zip: tiers, dependencies, event, periodic tasks and what its root needs", async (t) => {
  const { options } = repository(t);
  const { files } = await buildBundle(options);
  const names = (await listZip(options.output)).map((file) => file.name);
  t.equal(files, names.length);
  t.strictSame(names, [
    ".platform/hooks/predeploy/1.sh",
    "Procfile",
    "cron.yaml",
    "event.json",
    "node_modules/fastify/index.js",
    "node_modules/fastify/package.json",
    "package-lock.json",
    "package.json",
    "shared/errors.ts",
    "web/main.ts",
    "web/page/page.css",
    "worker/main.ts",
  ]);
});

t.test("the event's logo goes beside the event file, wherever that was", async (t) => {
  const { root, options } = repository(t);
  mkdirSync(join(root, "events"));
  writeFileSync(join(root, "events/summit.json"), '{"name":"summit"}');
  writeFileSync(join(root, "events/mark.svg"), "<svg/>");
  await buildBundle({ ...options, eventFile: "events/summit.json", logo: "mark.svg" });
  const names = new Set((await listZip(options.output)).map((file) => file.name));
  t.ok(names.has("event.json"));
  t.ok(names.has("mark.svg"));
});

t.test("the same input has the same hash, whenever and in whatever time zone it is built", async (t) => {
  const { root, options } = repository(t);
  const first = await buildBundle(options);
  utimesSync(join(root, "web/main.ts"), new Date(), new Date("2001-01-01"));
  const { TZ } = process.env;
  process.env.TZ = "Asia/Tokyo";
  t.teardown(() => {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  });
  // Loaded anew, under the other zone.
  const elsewhere = (await import(new URL("../../infra/bundle.ts?tokyo", import.meta.url).href)) as {
    buildBundle: typeof buildBundle;
  };
  const second = await elsewhere.buildBundle({ ...options, output: join(root, "out/second.zip") });
  t.equal(second.sha256, first.sha256);
  t.equal(second.bytes, first.bytes);
});

t.test("another input has another hash", async (t) => {
  const { root, options } = repository(t);
  const first = await buildBundle(options);
  writeFileSync(join(root, "worker/main.ts"), "22");
  t.not((await buildBundle(options)).sha256, first.sha256);
});

t.test("the event that a deployment serves is in it under its one name", async (t) => {
  const { options } = repository(t);
  const one = await buildBundle(options);
  const other = await buildBundle({ ...options, eventFile: "other-event.json" });
  t.not(one.sha256, other.sha256);
  t.notOk((await listZip(options.output)).some((file) => file.name === "other-event.json"));
});

t.test("hooks can be executed, nothing else can", async (t) => {
  const { options } = repository(t);
  await buildBundle(options);
  for (const { name, mode } of await listZip(options.output)) t.equal(mode, name.endsWith(".sh") ? 0o755 : 0o644, name);
});

t.test("a file of a kind that no tier ships stops the bundle: it may be a secret", async (t) => {
  const { root, options } = repository(t);
  writeFileSync(join(root, "web/key.pem"), "secret");
  await t.rejects(buildBundle(options), /web\/ holds key\.pem/);
});

t.test("a hidden file is left out", async (t) => {
  const { root, options } = repository(t);
  writeFileSync(join(root, "web/.env"), "SECRET=1");
  await buildBundle(options);
  t.notOk((await listZip(options.output)).some((file) => file.name.includes(".env")));
});

t.test("machine code stops the bundle: it would run on one kind of processor only", async (t) => {
  const { root, options } = repository(t);
  writeFileSync(join(root, "modules/fastify/fast.node"), "");
  await t.rejects(buildBundle(options), /fastify\/fast\.node is machine code/);
});

t.test("a missing file is named, and an older zip stays as it was", async (t) => {
  const { options } = repository(t);
  const before = await buildBundle(options);
  await t.rejects(
    buildBundle({ ...options, eventFile: "none.json" }),
    /needs event\.json, but none\.json is not there/,
  );
  t.equal((await listZip(options.output)).length, before.files);
});

t.test("of a package only what runs is kept", async (t) => {
  for (const path of [
    "fastify/fastify.js",
    "fastify/lib/test.js",
    "@fastify/static/index.js",
    "@aws-sdk/client-sqs/dist-cjs/index.js",
    "a/node_modules/b/lib/index.mjs",
    "a/package.json",
    "a/LICENSE",
  ]) {
    t.ok(isRuntimeFile(path), path);
  }
  for (const path of [
    "fastify/test/index.js",
    "@fastify/static/test/static.js",
    "a/node_modules/b/docs/index.js",
    "@aws-sdk/client-sqs/dist-types/index.d.ts",
    "a/README.md",
    "a/index.js.map",
    "a/index.test.js",
    ".package-lock.json",
    ".bin/pino",
    "a/.github/workflow.js",
  ]) {
    t.notOk(isRuntimeFile(path), path);
  }
});
