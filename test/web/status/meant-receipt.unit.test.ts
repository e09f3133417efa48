import { t } from "../../equipment/file-test.ts";
import { isStatusAddress, meantStatusUrl } from "../../../web/status/meant-receipt.ts";
import { createReceipts, parseReceiptKeys } from "../../../shared/registration/receipts.ts";

const receipts = createReceipts(parseReceiptKeys(`k-1:${Buffer.alloc(32, 7).toString("base64")}`));
const receipt = receipts.seal({
  email: "ada@example.org",
  registrationId: "00000000-0000",
  submittedAt: "2026-03-01T10:00:00.000Z",
});
const statusUrl = `/registrations/${receipt}`;

t.test("what stands behind a receipt is taken off", async (t) => {
  for (const behind of [".", ")", ">", "/", "%20", "%C2%A0", "%E2%80%9D", ",more%20words", "/a/b", ".?x=y"]) {
    t.equal(meantStatusUrl(statusUrl + behind, receipts), statusUrl, behind);
  }
});

t.test("a link as it should be leads nowhere else, nor does one that is not ours", async (t) => {
  for (const url of [
    statusUrl,
    `${statusUrl}?x=y.`,
    `${statusUrl}A.`,
    "/registrations/k-1.AAAA.",
    "/registrations/",
    "/registrations/.",
    `/elsewhere/${receipt}.`,
    `//evil.example${statusUrl}.`,
    `/registrations/${"a".repeat(16_000)}.`,
  ]) {
    t.equal(meantStatusUrl(url, receipts), undefined, url.slice(0, 60));
  }
  t.ok(isStatusAddress("/registrations/%ff"));
  t.notOk(isStatusAddress("/registrations"));
});
