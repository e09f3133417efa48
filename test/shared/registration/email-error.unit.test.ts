import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { Compile } from "typebox/compile";
import { normalizeEmail } from "../../../shared/registration/email-address.ts";
import { emailError, type EmailError } from "../../../shared/registration/email-error.ts";
import { Email } from "../../../shared/registration/registration.ts";

const schema = Compile(Email);

t.test("the first thing that is wrong with a rejected address is named", async (t) => {
  const cases: [given: string, error: EmailError][] = [
    ["ada＠example.org", "wideAt"],
    ["ada﹫example.org", "wideAt"],
    ["ada.example.org", "noAt"],
    ["ada", "noAt"],
    ["a@example.org, b@example.org", "several"],
    ["a@example.org; b@example.org", "several"],
    ["a@example.org b@example.org", "several"],
    ["Ada <a@example.org>, Bob <b@example.org>", "several"],
    ["ada@@example.org", "twoAts"],
    ["ada@b@example.org", "twoAts"],
    ["a b@example.org", "blank"],
    ["ada @example.org", "blank"],
    ["ada@example.org\nBcc: x", "blank"],
    ["a\u200bda@example.org", "unseen"],
    ["ada@exam\u00adple.org", "unseen"],
    ["@example.org", "nothingBefore"],
    ["a..da@example.org", "twoDots"],
    [".ada@example.org", "dotFirst"],
    ["ada.@example.org", "dotBefore"],
    ["ädä@example.org", "letters"],
    ["李@example.org", "letters"],
    ['"ada"@example.org', "signs"],
    ["(comment)ada@example.org", "signs"],
    ["ada@example", "noDot"],
    ["ada@", "domain"],
    ["ada@-example.org", "domain"],
    ["ada@exam_ple.org", "domain"],
    ["ada@example..org", "domain"],
    ["ada@127.0.0.1", "domain"],
    [`${"a".repeat(65)}@example.org`, "tooLong"],
    [`ada@${"label.".repeat(50)}org`, "tooLong"],
  ];
  for (const [given, error] of cases) {
    const address = normalizeEmail(given);
    t.notOk(schema.Check(address), `control: ${given} is rejected`);
    t.equal(emailError(address), error, given);
  }
});

t.test("there is an answer for whatever was given, in time that grows with it", async () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 60 }), (given) => emailError(given).length > 0));
  for (const given of ["@ ".repeat(30_000), "@,".repeat(30_000), "a".repeat(60_000)]) emailError(given);
});
