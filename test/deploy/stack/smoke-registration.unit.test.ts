import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { smokeRegistration, type SmokeOptions } from "../../../deploy/stack/smoke-registration.ts";
import { TurnoutError } from "../../../shared/errors.ts";
import { sendJson, startFront } from "./front.ts";

const person = { email: "verify@example.org", name: "Ann" };
const accepted: NonNullable<Parameters<typeof startFront>[1]> = {
  "POST /registrations": (_request, response) =>
    sendJson(response, 202, { receipt: "r", status: "pending", statusUrl: "/registrations/r", retryAfterSeconds: 0 }),
};

async function register(
  t: Test,
  handlers: NonNullable<Parameters<typeof startFront>[1]>,
  options: Partial<SmokeOptions> = {},
) {
  const { url } = await startFront(t, handlers);
  const forgotten: string[] = [];
  const forget = (email: string) => {
    forgotten.push(email);
    return Promise.resolve(true);
  };
  const signal = new AbortController().signal;
  const checks = await smokeRegistration({ url, person, forget, timeoutSeconds: 5, signal, ...options });
  return { checks, forgotten };
}

t.test("a registration that is confirmed is erased again", async (t) => {
  let body = "";
  const { checks, forgotten } = await register(t, {
    "POST /registrations": (request, response) => {
      request.on("data", (chunk) => (body += String(chunk)));
      request.on("end", () => accepted["POST /registrations"]!(request, response, 1));
    },
    "GET /registrations/r": (_request, response, times) =>
      sendJson(response, 200, times < 3 ? { status: "pending", retryAfterSeconds: 0 } : { status: "confirmed" }),
  });
  t.match(checks, [
    { name: "smoke registration", status: "ok", found: /^confirmed after/ },
    { name: "smoke registration forgotten", status: "ok" },
  ]);
  t.strictSame(JSON.parse(body), person);
  t.strictSame(forgotten, [person.email]);
});

t.test("a registration that is not confirmed in time has failed, and its erasure is reported", async (t) => {
  const { checks } = await register(
    t,
    {
      ...accepted,
      "GET /registrations/r": (_r, response) => sendJson(response, 200, { status: "pending", retryAfterSeconds: 0 }),
    },
    { timeoutSeconds: 0, forget: () => Promise.resolve(false) },
  );
  t.match(checks, [
    { status: "failed", found: /^still pending/ },
    { status: "ok", found: /not stored yet, and will not be/ },
  ]);
});

t.test(
  "a dead letter, an unknown receipt and a cut have failed, each with what to do, and are erased all the same",
  async (t) => {
    const status = (code: number, body: unknown) =>
      register(t, { ...accepted, "GET /registrations/r": (_r, response) => sendJson(response, code, body) });
    const dead = await status(200, { status: "needs-attention" });
    t.match(dead.checks[0], { status: "failed", todo: /dead-letters list/ });
    const unknown = await status(404, {});
    t.match(unknown.checks[0], { status: "failed", todo: /receipt keys/ });
    const cut = await register(t, { ...accepted, "GET /registrations/r": (_r, response) => response.destroy() });
    t.match(cut.checks[0], { status: "failed", found: /gave no answer/ });
    for (const { forgotten } of [dead, unknown, cut]) t.equal(forgotten.length, 1);
  },
);

t.test("too early is no failure; a wrong event and a firewall are", async (t) => {
  const refuse = async (code: number, body: unknown) => {
    const { checks, forgotten } = await register(t, {
      "POST /registrations": (_r, response) => sendJson(response, code, body),
    });
    t.equal(forgotten.length, 0);
    return checks;
  };
  t.match(await refuse(403, { code: "TURNOUT_NOT_OPEN_YET", opensAt: "2027-03-01T09:00:00Z" }), [
    { status: "skipped", found: /before 2027-03-01/ },
  ]);
  t.match(
    await refuse(400, {
      code: "TURNOUT_REGISTRATION_INVALID",
      errors: [{ pointer: "/answers/x", detail: "is missing" }],
    }),
    [{ status: "failed", found: /\/answers\/x is missing/, todo: /--event FILE/ }],
  );
  t.match(await refuse(403, {}), [{ status: "failed", todo: /allow POST/ }]);
  t.match(await refuse(503, { code: "TURNOUT_ENQUEUE_FAILED" }), [
    { status: "failed", found: /TURNOUT_ENQUEUE_FAILED/ },
  ]);
});

t.test("an erasure that fails says what to do by hand", async (t) => {
  const { checks } = await register(
    t,
    { ...accepted, "GET /registrations/r": (_r, response) => sendJson(response, 200, { status: "confirmed" }) },
    { forget: () => Promise.reject(new Error("denied")) },
  );
  t.match(checks[1], { status: "failed", found: "denied", todo: /registrations forget/ });
});

t.test("after Ctrl-C the registration is still erased", async (t) => {
  const stop = new AbortController();
  const forgotten: string[] = [];
  const registering = register(
    t,
    {
      ...accepted,
      "GET /registrations/r": (_r, response) => {
        sendJson(response, 200, { status: "pending", retryAfterSeconds: 60 });
        setImmediate(() => stop.abort(new TurnoutError("TURNOUT_INTERRUPTED", "Stopped by SIGINT.")));
      },
    },
    {
      signal: stop.signal,
      forget: (email) => {
        forgotten.push(email);
        return Promise.resolve(true);
      },
    },
  );
  await t.rejects(registering, { code: "TURNOUT_INTERRUPTED" });
  t.strictSame(forgotten, [person.email]);
});

const confirmed: typeof accepted = {
  ...accepted,
  "GET /registrations/r": (_request, response) => sendJson(response, 200, { status: "confirmed" }),
};

t.test("where there is mail, its record is awaited before the person is erased", async (t) => {
  const asked: string[] = [];
  const detail = "the domain is reserved";
  const { checks, forgotten } = await register(t, confirmed, {
    findMail(email) {
      asked.push(email);
      return Promise.resolve(asked.length < 2 ? undefined : { outcome: "rejected", detail });
    },
  });
  t.match(checks, [
    { name: "smoke registration", status: "ok" },
    { name: "smoke mail", status: "ok", found: /^rejected after .*: the domain is reserved$/ },
    { name: "smoke registration forgotten", status: "ok" },
  ]);
  t.strictSame(asked, [person.email, person.email]);
  t.strictSame(forgotten, [person.email]);
});

t.test(
  "a mail without a record, or that was not sent for another reason, has failed; so has the question",
  async (t) => {
    const mailCheck = async (findMail: SmokeOptions["findMail"]) => {
      const { checks, forgotten } = await register(t, confirmed, { timeoutSeconds: 0, findMail });
      t.equal(forgotten.length, 1, "erased all the same");
      return checks.find(({ name }) => name === "smoke mail");
    };
    t.match(await mailCheck(() => Promise.resolve(undefined)), { status: "failed", todo: /worker's log/ });
    t.match(await mailCheck(() => Promise.resolve({ outcome: "obsolete" })), { status: "failed", found: /^obsolete/ });
    const denied = Object.assign(new Error("denied"), {
      name: "AccessDeniedException",
      $metadata: { httpStatusCode: 400 },
    });
    t.match(await mailCheck(() => Promise.reject(denied)), { status: "unknown" });
  },
);

t.test("a firewall that challenges browsers is no failure: nobody was registered", async (t) => {
  const { checks, forgotten } = await register(t, {
    "POST /registrations": (_request, response) => {
      response.writeHead(202, { "x-amzn-waf-action": "challenge" }).end();
    },
  });
  t.match(checks, [{ status: "skipped", found: /only browsers/ }]);
  t.equal(forgotten.length, 0);
});
