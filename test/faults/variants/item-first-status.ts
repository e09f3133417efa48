/** Takes the place of `web/status/registration-status.ts` in `withdrawal-at-once.ts`. */
import {
  createStatusReader as createReader,
  type StatusReader,
  type StatusReaderOptions,
} from "../../../web/status/registration-status.ts";

export { registrationStatuses } from "../../../web/status/registration-status.ts";

export function createStatusReader({ reads, ...options }: StatusReaderOptions): StatusReader {
  return createReader({
    ...options,
    reads: {
      ...reads,
      async find(subject) {
        const findings = await reads.find(subject);
        const { registrationId, tombstone } = findings.item ?? {};
        const stands = registrationId === subject.registrationId && tombstone === undefined;
        return stands ? { ...findings, outcome: undefined } : findings;
      },
    },
  });
}
