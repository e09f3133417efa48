/** Takes the place of `web/status/registration-status.ts` in `status-of-item.ts`. */
import type { StatusReader, StatusReaderOptions } from "../../../web/status/registration-status.ts";

export { registrationStatuses } from "../../../web/status/registration-status.ts";

export function createStatusReader({ reads }: StatusReaderOptions): StatusReader {
  return {
    async read(receipt) {
      const { item } = await reads.find(receipt);
      return { status: item ? "confirmed" : "pending" };
    },
  };
}
