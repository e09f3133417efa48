/** Asks the audit, as anybody can: `turnout audit` as a process of its own, which knows only the ledger and the cell. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import type { AuditReport } from "../../admin/audit/audit-report.ts";
import type { Cell } from "./cell.ts";

const root = join(import.meta.dirname, "..", "..");
const command = join(root, "cli", "main.ts");

/**
 * @param drainTimeoutSeconds how long the audit may wait for the queues
 * @param mailsTimeoutSeconds how long for queued mails; default: what is left of the former
 * @returns what the audit printed
 * @throws Error with what it said instead
 */
export function audit(
  cell: Pick<Cell, "environment">,
  ledger: string,
  drainTimeoutSeconds = 120,
  mailsTimeoutSeconds?: number,
): Promise<AuditReport> {
  const { promise, resolve, reject } = Promise.withResolvers<AuditReport>();
  const args = [command, "audit", "--ledger", ledger, "--drain-timeout", String(drainTimeoutSeconds), "--json"];
  if (mailsTimeoutSeconds !== undefined) args.push("--mails-timeout", String(mailsTimeoutSeconds));
  execFile(
    process.execPath,
    args,
    { env: { ...cell.environment }, cwd: root, maxBuffer: 1 << 24 },
    (error, stdout, stderr) => {
      try {
        const printed = JSON.parse(stdout) as AuditReport;
        // Exit 1 is its verdict, and the verdict is in what it printed.
        if (!printed.passed || error === null) return resolve(printed);
        reject(new Error(`The audit passed and yet ended with ${error.code}.`, { cause: error }));
      } catch (cause) {
        reject(new Error(`The audit did not answer: ${stderr || stdout}`, { cause }));
      }
    },
  );
  return promise;
}
