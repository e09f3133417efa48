/**
 * How the benchmark talks to the processes it started: a question over Node's IPC channel, one answer to each. Used by the
 * fake AWS, the load generators and the reporter inside each process under test.
 */
import type { ChildProcess } from "node:child_process";

interface Question {
  readonly question: string;
  readonly number: number;
  readonly argument?: unknown;
}

interface Answer {
  readonly answerTo: number;
  readonly value?: unknown;
  readonly failure?: string;
}

/** Answers by the question's name; what one throws, the asker is told. */
export type Answers = Readonly<Record<string, (argument: never) => unknown>>;

/**
 * For the process that is asked. It ends when the asker has gone: no process of the benchmark outlives it.
 * @param keepAlive whether the channel alone keeps the process running. Default: false, it has something else to live for.
 * @throws Error when this process was started without an IPC channel
 */
export function answerQuestions(answers: Answers, keepAlive = false): void {
  if (!process.send) throw new Error("This process answers questions of its parent: start it by the benchmark.");
  async function answer({ question, number, argument }: Question): Promise<void> {
    const reply: { answerTo: number; value?: unknown; failure?: string } = { answerTo: number };
    try {
      const known = answers[question];
      if (!known) throw new Error(`no such question: ${question}`);
      reply.value = await known(argument as never);
    } catch (error) {
      reply.failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    process.send?.(reply);
  }
  process.on("message", (message) => {
    if (typeof message === "object" && message !== null && "question" in message) void answer(message as Question);
  });
  process.once("disconnect", () => process.exit());
  if (!keepAlive) process.channel?.unref();
}

export interface Asker {
  /** Rejects when the other side throws, or ends without having answered. */
  ask<T>(question: string, argument?: unknown): Promise<T>;
}

/** For the process that asks. */
export function createAsker(child: ChildProcess, name: string): Asker {
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let asked = 0;
  child.on("message", (message) => {
    if (typeof message !== "object" || message === null || !("answerTo" in message)) return;
    const { answerTo, value, failure } = message as Answer;
    const waiting = open.get(answerTo);
    open.delete(answerTo);
    if (failure === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(`${name}: ${failure}`));
  });
  child.once("exit", (code, signal) => {
    for (const { reject } of open.values()) reject(new Error(`${name} ended (${signal ?? code}) and did not answer`));
    open.clear();
  });
  return {
    ask<T>(question: string, argument?: unknown) {
      const waiting = Promise.withResolvers<unknown>();
      if (!child.connected) return Promise.reject(new Error(`${name} is not running`));
      asked += 1;
      open.set(asked, waiting);
      child.send({ question, number: asked, argument });
      return waiting.promise as Promise<T>;
    },
  };
}
