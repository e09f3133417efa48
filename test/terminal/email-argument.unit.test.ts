import { InvalidArgumentError } from "commander";
import { t } from "../equipment/file-test.ts";
import { emailArgument } from "../../terminal/email-argument.ts";

t.test("an address is taken in any spelling and becomes the key", async (t) => {
  t.equal(emailArgument(" Ann@Bücher.Example "), "ann@xn--bcher-kva.example");
  for (const text of ["", "ann", "ann@", "a b@example.org"]) t.throws(() => emailArgument(text), InvalidArgumentError);
});
