/** Takes the place of `web/registration-status.ts` in `status-of-item.ts`. */
import type { StatusReader, StatusReaderOptions } from "../../../web/registration-status.ts";

export { registrationStatuses } from "../../../web/registration-status.ts";

export function createStatusReader({ reads }: StatusReaderOptions): StatusReader {
  return {
    async read(receipt) {
      const { item } = await reads.find(receipt);
      return item ? "confirmed" : "pending";
    },
  };
}
