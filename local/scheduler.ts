/**
 * Plays `cron.yaml` as Elastic Beanstalk's daemon does on a worker environment: when a task is due, it posts to the
 * worker, with the headers and the empty body that the worker will see in production.
 * https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/using-features-managing-env-tiers.html
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { Cron } from "croner";
import { parse } from "yaml";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";

const CronFile = Type.Object(
  {
    version: Type.Literal(1),
    cron: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1 }),
          /** Path on the worker. */
          url: Type.String({ pattern: "^/" }),
          /** Five fields, in UTC. */
          schedule: Type.String({ minLength: 1 }),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

const validator = Compile(CronFile);

export type PeriodicTask = Static<typeof CronFile>["cron"][number];

/** Beanstalk's daemon speaks of UTC as well. */
const timeZone = "UTC";

/**
 * @param file path of a cron.yaml
 * @returns its tasks
 * @throws Error that names the file and what is wrong with it
 */
export function readCronFile(file: string): PeriodicTask[] {
  let value: unknown;
  try {
    value = parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new Error(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (!validator.Check(value)) {
    const errors = validator.Errors(value).map((error) => `${error.instancePath || "/"} ${error.message}`);
    throw new Error(`${file} is not a cron.yaml of version 1: ${errors.join("; ")}`);
  }
  const names = new Set<string>();
  for (const { name, schedule } of value.cron) {
    if (names.has(name)) throw new Error(`${file} has two tasks with the name ${name}.`);
    names.add(name);
    try {
      new Cron(schedule, { timezone: timeZone, mode: "5-part", paused: true }).stop();
    } catch (cause) {
      throw new Error(`${file}: the schedule "${schedule}" of ${name} cannot be read; give five fields.`, { cause });
    }
  }
  return value.cron;
}

/**
 * Posts one task, once.
 * @param workerUrl where the worker listens
 * @param scheduledAt when it was due
 * @param timeoutMs bound on the whole call
 * @returns undefined when the worker answered 200, otherwise what happened instead; never throws
 */
export async function postTask(
  workerUrl: string,
  task: PeriodicTask,
  scheduledAt: Date,
  timeoutMs: number,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const post = request(new URL(task.url, workerUrl), {
    method: "POST",
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      "content-type": "application/json",
      "content-length": 0,
      "user-agent": "aws-sqsd/3.0",
      "x-aws-sqsd-msgid": randomUUID(),
      "x-aws-sqsd-receive-count": "1",
      "x-aws-sqsd-taskname": task.name,
      "x-aws-sqsd-scheduled-at": scheduledAt.toISOString(),
      "x-aws-sqsd-sender-id": "local-scheduler",
    },
  });
  post.once("response", (response) => {
    response.resume();
    response.once("error", (error) => resolve(error.message));
    response.once("end", () => resolve(response.statusCode === 200 ? undefined : `it answered ${response.statusCode}`));
  });
  post.once("error", (error) => {
    resolve(error.name === "AbortError" ? `no answer within ${timeoutMs / 1_000} s` : error.message);
  });
  post.end();
  return promise;
}

export interface Scheduler {
  /** Plans no further task. One that was just posted may still be answered. Safe to call twice. */
  stop(): void;
}

export interface SchedulerOptions {
  readonly tasks: readonly PeriodicTask[];
  readonly workerUrl: string;
  /** A task that was not answered 200. The daemon would post it again; here the next turn does. */
  onFailure(task: PeriodicTask, why: string): void;
  /** Default: 30,000 ms. */
  readonly timeoutMs?: number;
}

/** @returns a scheduler that is already running; a task that takes longer than its interval is not posted on top of itself */
export function startScheduler({ tasks, workerUrl, onFailure, timeoutMs = 30_000 }: SchedulerOptions): Scheduler {
  let stopped = false;
  const jobs = tasks.map(
    (task) =>
      new Cron(task.schedule, { timezone: timeZone, mode: "5-part", protect: true, unref: true }, async (self) => {
        const why = await postTask(workerUrl, task, self.currentRun() ?? new Date(), timeoutMs);
        if (why !== undefined && !stopped) onFailure(task, why);
      }),
  );
  return {
    stop() {
      stopped = true;
      for (const job of jobs) job.stop();
    },
  };
}
