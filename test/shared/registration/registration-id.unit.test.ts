import * as fc from "fast-check";
import { t } from "../../equipment/file-test.ts";
import { registrationId } from "../../../shared/registration/registration-id.ts";
import { isRegistration } from "../../../shared/registration/registration.ts";
import { anyEmail, somebody } from "../../equipment/people.ts";

const visible = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 128,
});

t.test("the same key and address have the same id, and no others have it", async () => {
  fc.assert(
    fc.property(visible, anyEmail, visible, anyEmail, (key, email, otherKey, otherEmail) => {
      const id = registrationId(key, email);
      const same = key === otherKey && email === otherEmail;
      return id === registrationId(key, email) && (id === registrationId(otherKey, otherEmail)) === same;
    }),
  );
});

t.test("without a key every submission has an id of its own", async (t) => {
  const ids = Array.from({ length: 1_000 }, () => registrationId(undefined, "ada@example.org"));
  t.equal(new Set(ids).size, ids.length);
});

t.test("every id is one that a registration may have", async (t) => {
  fc.assert(
    fc.property(visible, anyEmail, (key, email) => isRegistration(somebody({ id: registrationId(key, email) }))),
  );
  t.ok(isRegistration(somebody({ id: registrationId(undefined, "ada@example.org") })));
});

t.test("the key does not leave the process: the id tells nothing of it", async (t) => {
  t.notMatch(registrationId("my-secret-key-0001", "ada@example.org"), /secret|0001|ada/);
});

t.test("a key that no header should carry is rejected", async (t) => {
  for (const key of ["", " ", "a b", "a".repeat(129), "ü", "a\n", "\0", "a\x7f"]) {
    t.throws(
      () => registrationId(key, "ada@example.org"),
      { code: "TURNOUT_IDEMPOTENCY_KEY_INVALID" },
      encodeURIComponent(key),
    );
  }
});
