import t from "tap";
import { isLoopback, requireOwnTarget } from "../../../load/stress/target.ts";

t.test("this machine needs nobody's leave", async (t) => {
  for (const url of ["http://127.0.0.1:3000", "http://localhost", "http://[::1]:3000", "https://127.8.9.1/x"]) {
    t.equal(isLoopback(url), true, url);
    t.doesNotThrow(() => requireOwnTarget(url, false));
  }
  t.doesNotThrow(() => requireOwnTarget(undefined, false));
});

t.test("any other target is refused until somebody says that it is theirs, however it is dressed up", async (t) => {
  for (const url of [
    "https://register.example.org",
    "http://127.0.0.1.example.org",
    "http://localhost.example.org",
    "http://127.0.0.1@example.org",
    "http://10.0.0.1",
    "http://0.0.0.0",
    "http://[::ffff:192.0.2.1]",
  ]) {
    t.throws(
      () => requireOwnTarget(url, false),
      { code: "TURNOUT_USAGE_INVALID", message: /--i-own-this-target/ },
      url,
    );
    t.doesNotThrow(() => requireOwnTarget(url, true));
  }
});
