/**
 * Corrects and withdraws a registration by its receipt over HTTP, follows its status, and writes down everything that can be
 * seen of it from outside.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Visit } from "../equipment/distinguisher.ts";
import { ask, mean, statesOf, watchStatus, type Seen, type Visitor } from "./watched-visit.ts";

export interface ChangeOptions extends Visitor {
  readonly known: boolean;
  /** Of the registration: what its acceptance said. */
  readonly statusUrl: string;
  /** Milliseconds between two polls. */
  readonly pauseMs: () => number;
}

/** A reply without what is another each time, whoever asks: receipts, references and times. */
function shown({ status, headers, body }: Seen): string {
  const text = body
    .replaceAll(/"reference":"[\w-]+"/g, '"reference":"F"')
    .replaceAll(/[\w-]{1,16}\.[\w-]{40,}/g, "R")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "T");
  return `${status} ${headers} ${text}`;
}

function nextUrl({ body }: Seen): string {
  return (JSON.parse(body) as { statusUrl: string }).statusUrl;
}

/** @returns when the status says that it is withdrawn */
export async function watchChange(options: ChangeOptions): Promise<Visit> {
  const { known, statusUrl, pauseMs } = options;
  const correction = await ask(options, "PUT", statusUrl, JSON.stringify({ name: "Somebody Else" }));
  if (correction.status !== 202) throw new Error(`${correction.status} ${correction.body}`);
  const corrected = nextUrl(correction);
  const after = [await ask(options, "GET", corrected)];
  await delay(pauseMs());
  after.push(await ask(options, "GET", corrected));
  const withdrawal = await ask(options, "DELETE", corrected);
  if (withdrawal.status !== 202) throw new Error(`${withdrawal.status} ${withdrawal.body}`);
  const began = performance.now();
  const polls = await watchStatus(options, nextUrl(withdrawal), (state) => state === "withdrawn");
  const settledMs = performance.now() - began;
  const times = polls.map(({ ms }) => ms);
  return {
    known,
    features: {
      "the correction's reply": shown(correction),
      "the correction's time": correction.ms,
      "the correction's length": correction.bytes,
      "the status after it": after.map(shown).join(" "),
      "the time of the status after it": mean(after.map(({ ms }) => ms)),
      "the withdrawal's reply": shown(withdrawal),
      "the withdrawal's time": withdrawal.ms,
      "the withdrawal's length": withdrawal.bytes,
      "the states after it": statesOf(polls),
      "the polls' headers": [...new Set(polls.map(({ headers }) => headers))].toSorted().join(" "),
      "the number of polls": polls.length,
      "the mean length of a poll": mean(polls.map(({ bytes }) => bytes)),
      "the mean time of a poll": mean(times),
      "the longest time of a poll": Math.max(...times),
      "the time until it is withdrawn": settledMs,
    },
  };
}

export interface EarlyOptions extends Visitor {
  readonly known: boolean;
  readonly email: string;
  /** Between the acceptance and the withdrawal. */
  readonly beforeWithdrawal: () => Promise<unknown>;
  readonly pauseMs: () => number;
}

/** Registers and withdraws before a worker has seen either. @returns when the status says that it is withdrawn */
export async function watchEarlyWithdrawal(options: EarlyOptions): Promise<Visit> {
  const { known, email, beforeWithdrawal } = options;
  const accepted = await ask(options, "POST", "/registrations", JSON.stringify({ email, name: "Somebody" }));
  if (accepted.status !== 202) throw new Error(`${accepted.status} ${accepted.body}`);
  await beforeWithdrawal();
  const withdrawal = await ask(options, "DELETE", nextUrl(accepted));
  if (withdrawal.status !== 202) throw new Error(`${withdrawal.status} ${withdrawal.body}`);
  const began = performance.now();
  const polls = await watchStatus(options, nextUrl(withdrawal), (state) => state === "withdrawn");
  return {
    known,
    features: {
      "the withdrawal's reply": shown(withdrawal),
      "the states after it": statesOf(polls),
      "the number of polls": polls.length,
      "the mean length of a poll": mean(polls.map(({ bytes }) => bytes)),
      "the time until it is withdrawn": performance.now() - began,
    },
  };
}
