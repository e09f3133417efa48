import { t } from "../../../equipment/file-test.ts";

interface AddressSlip {
  likelyMeant(address: string): string | undefined;
}
const { likelyMeant } = (await import(
  new URL("../../../../web/page/assets/address-slip.js", import.meta.url).href
)) as AddressSlip;

t.test("a slip in a well-known domain is seen: letters swapped, missing, wrong or too many", async (t) => {
  for (const [typed, meant] of [
    ["ada@gmial.com", "ada@gmail.com"],
    ["ada@gamil.com", "ada@gmail.com"],
    ["ada@gmai.com", "ada@gmail.com"],
    ["ada@gnail.com", "ada@gmail.com"],
    ["ada@gmaill.com", "ada@gmail.com"],
    ["ada@gmail.con", "ada@gmail.com"],
    ["ada@gmail.co", "ada@gmail.com"],
    [" Ada.L+tag@GMIAL.com. ", "Ada.L+tag@gmail.com"],
    ["ada@hotmial.de", "ada@hotmail.de"],
    ["ada@outlok.com", "ada@outlook.com"],
    ["ada@yaho.com", "ada@yahoo.com"],
    ["ada@iclould.com", "ada@icloud.com"],
    ["ada@wbe.de", "ada@web.de"],
    ["ada@gxm.net", "ada@gmx.net"],
    ["ada@tonline.de", "ada@t-online.de"],
    ["ada@web.ed", "ada@web.de"],
  ] as const) {
    t.equal(likelyMeant(typed), meant, typed);
  }
});

t.test("what may well be meant is left alone", async (t) => {
  for (const typed of [
    "ada@gmail.com",
    "ada@GMAIL.com",
    "ada@web.de",
    "ada@mail.com",
    "ada@email.com",
    "ada@ymail.com",
    "ada@hotmail.be",
    "ada@yahoo.ca",
    "ada@gmx.at",
    "ada@wub.de",
    "ada@gm.de",
    "ada@aoo.com",
    "ada@five.com",
    "ada@example.org",
    "ada@gmial.example.com",
    "ada@gmial",
    "ada",
    "",
    "@gmial.com",
    "a b@gmial.com",
    "Ada <ada@gmial.com>",
  ]) {
    t.equal(likelyMeant(typed), undefined, typed);
  }
});
