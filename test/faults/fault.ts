/**
 * The faults that the proxy can play, as data: what is done to a call, to which calls, and to how many of them.
 * How the call is then spoilt stands in `fault-proxy.ts` and `spoiled-batch.ts`; not here.
 */

export type Fault =
  /** The connection is reset; the engine never hears of the call. */
  | { readonly kind: "cut" }
  /** The engine does it, and the connection is reset in place of the answer. */
  | { readonly kind: "lost-answer" }
  /** Taken and never answered; the engine never hears of it. */
  | { readonly kind: "black-hole" }
  /** The engine does it and its answer never comes. */
  | { readonly kind: "withheld-answer" }
  /** The engine hears of it later. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Rejected as AWS does: the whole call, with the name and the status of an error. */
  | { readonly kind: "rejection"; readonly name: string; readonly status: number; readonly message?: string }
  /** SQS confirms a body that is not the one sent. */
  | { readonly kind: "wrong-md5" }
  /** HTTP 200, and some entries of an SQS batch failed: those are not done. */
  | { readonly kind: "failed-entries"; readonly entryShare: number }
  /** HTTP 200, and some statements of a batch failed; `done` when the engine did them nonetheless. */
  | {
      readonly kind: "failed-statements";
      readonly entryShare: number;
      readonly code: string;
      readonly message?: string;
      readonly done?: boolean;
      /** Only the statements of this address; default all. */
      readonly email?: string;
    }
  /** A message that was given out is given out again by a later receive. */
  | { readonly kind: "duplicate-delivery"; readonly entryShare: number }
  /** Messages are held back and given out by a later receive, in any order. */
  | { readonly kind: "reordered-delivery"; readonly entryShare: number };

export type FaultKind = Fault["kind"];

export interface FaultTarget {
  /** AWS actions such as `SendMessage`; all, if left out. */
  readonly actions?: readonly string[];
  /** Whose calls: the name of a tier's process; everybody's, if left out. */
  readonly client?: string;
  /** Last part of the queue's URL or a table's name, where only calls about that one are meant. */
  readonly resource?: string;
  /** Text that the call's body holds, where only some of such calls are meant. */
  readonly holds?: string;
  /** Which share of the calls, from 0 to 1; default 1. */
  readonly share?: number;
  /** How many calls at most; default all. */
  readonly times?: number;
}

/** What AWS answers whoever lacks a permission. */
export function accessDenied(action: string, resource: string): Fault {
  return {
    kind: "rejection",
    name: "AccessDeniedException",
    status: 400,
    message:
      `User: arn:aws:sts::000000000000:assumed-role/turnout-worker/i-0 is not authorized to perform: ${action} on ` +
      `resource: ${resource} because no identity-based policy allows the ${action} action`,
  };
}

export const internalError: Fault = { kind: "rejection", name: "InternalServerError", status: 500 };
export const serviceUnavailable: Fault = { kind: "rejection", name: "ServiceUnavailable", status: 503 };
export const throttling: Fault = { kind: "rejection", name: "ThrottlingException", status: 400 };
export const missingTable: Fault = {
  kind: "rejection",
  name: "ResourceNotFoundException",
  status: 400,
  message: "Requested resource not found",
};
export const missingQueue: Fault = {
  kind: "rejection",
  name: "QueueDoesNotExist",
  status: 400,
  message: "The specified queue does not exist.",
};
