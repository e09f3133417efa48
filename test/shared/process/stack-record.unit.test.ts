import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import {
  readStackRecords,
  runFolder,
  writeStackRecord,
  type StackRecord,
} from "../../../shared/process/stack-record.ts";

const record: StackRecord = {
  format: 1,
  pid: process.pid,
  startedAt: "2026-11-29T18:05:00.000Z",
  region: "eu-central-1",
  ownCredentials: false,
  urls: {
    web: "http://127.0.0.1:43211",
    worker: "http://127.0.0.1:43212",
    sqs: "http://127.0.0.1:43213",
    dynamodb: "http://127.0.0.1:43214",
  },
};

const fileIn = (folder: string) => join(folder, "stacks", `${process.pid}.json`);

/** @returns the number of a process that has ended */
async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid!;
}

t.test("what was written is read until it is removed, and only its owner can read it", async (t) => {
  const folder = join(t.testdir(), "run");
  const remove = writeStackRecord(folder, record);
  t.same(readStackRecords(folder), { running: [record], stale: [], ignored: [] });
  t.equal(lstatSync(fileIn(folder)).mode & 0o777, 0o600);
  t.equal(lstatSync(join(folder, "stacks")).mode & 0o777, 0o700);
  t.same(readdirSync(join(folder, "stacks")), [`${process.pid}.json`], "nothing unfinished stays");
  remove();
  remove();
  t.same(readStackRecords(folder), { running: [], stale: [], ignored: [] });
});

t.test("what another account can write is not believed, nor a link, nor what is no record", async (t) => {
  const folder = join(t.testdir(), "run");
  writeStackRecord(folder, record);
  t.equal(readStackRecords(folder).running.length, 1, "the control: it is believed as it was written");
  chmodSync(fileIn(folder), 0o666);
  t.match(readStackRecords(folder), { running: [], ignored: [/other accounts can write it/] });
  chmodSync(fileIn(folder), 0o600);
  chmodSync(join(folder, "stacks"), 0o777);
  t.match(readStackRecords(folder), { running: [], ignored: [/other accounts can write it/] });
  chmodSync(join(folder, "stacks"), 0o700);
  const elsewhere = join(folder, "elsewhere.json");
  writeFileSync(elsewhere, JSON.stringify({ ...record, pid: 1 }), { mode: 0o600 });
  symlinkSync(elsewhere, join(folder, "stacks", "1.json"));
  writeFileSync(join(folder, "stacks", "2.json"), "{", { mode: 0o600 });
  writeFileSync(join(folder, "stacks", "3.json"), JSON.stringify({ ...record, format: 2 }), { mode: 0o600 });
  const { running, ignored } = readStackRecords(folder);
  t.same(running, [record]);
  t.equal(ignored.length, 3);
  t.match(ignored.join("\n"), /symbolic link/);
});

t.test("another account's record is not believed", { skip: process.getuid?.() !== 0 && "needs root" }, async (t) => {
  const folder = join(t.testdir(), "run");
  writeStackRecord(folder, record);
  const { chownSync } = await import("node:fs");
  chownSync(fileIn(folder), 65_534, 65_534);
  t.match(readStackRecords(folder), { running: [], ignored: [/another account/] });
});

t.test("the record of a process that is gone is stale, and the next start removes it", async (t) => {
  const folder = join(t.testdir(), "run");
  const pid = await endedProcess();
  mkdirSync(join(folder, "stacks"), { recursive: true, mode: 0o700 });
  const stale = join(folder, "stacks", `${pid}.json`);
  writeFileSync(stale, JSON.stringify({ ...record, pid }), { mode: 0o600 });
  t.same(readStackRecords(folder), { running: [], stale: [stale], ignored: [] });
  writeStackRecord(folder, record);
  t.notOk(existsSync(stale));
  t.same(readStackRecords(folder).running, [record]);
});

t.test("the run folder is that of the checkout, or the one that is given", async (t) => {
  t.match(runFolder({}), /\.turnout$/);
  t.equal(runFolder({ TURNOUT_RUN_FOLDER: "/run/user/7" }), "/run/user/7");
  t.same(readStackRecords("/none/such"), { running: [], stale: [], ignored: [] });
});
