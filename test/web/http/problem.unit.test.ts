import { STATUS_CODES } from "node:http";
import Fastify from "fastify";
import { t } from "../../equipment/file-test.ts";
import { errorCatalogue, TurnoutError, type ErrorCode } from "../../../shared/errors.ts";
import { prepareProblemReply, sendProblem, toProblem, wantsPage } from "../../../web/http/problem.ts";

const codes = Object.keys(errorCatalogue) as ErrorCode[];

t.test("every error of the catalogue has a problem with its title, its code and a status that exists", async (t) => {
  for (const code of codes) {
    const problem = toProblem(new TurnoutError(code, "what happened"));
    t.match(problem, { type: `urn:turnout:error:${code}`, title: errorCatalogue[code].title, code });
    t.ok(STATUS_CODES[problem.status], `${code} is ${problem.status}`);
  }
});

t.test("what may be tried again later is 503, 429 or registration that is not open, and nothing else is", async (t) => {
  for (const code of codes) {
    const { status } = toProblem(new TurnoutError(code, "what happened"));
    if (status !== 503 && status !== 429) continue;
    t.equal(errorCatalogue[code].retryable, true, `${code} is answered with ${status}`);
  }
});

t.test("an error on our side says nothing about our insides", async (t) => {
  for (const error of [
    new Error("connect ECONNREFUSED 10.0.0.7:5432 for ada@example.org"),
    new TurnoutError("TURNOUT_INTERNAL", "the password is hunter2"),
    new TurnoutError("TURNOUT_PACK_MALFORMED", "an error that no request can cause"),
    { statusCode: 500, message: "secret" },
    "thrown text",
    {},
  ]) {
    const problem = toProblem(error);
    t.match(problem, { status: 500, detail: "The error was logged. Please try again." });
    t.notMatch(JSON.stringify(problem), /ECONNREFUSED|10\.0|ada@|hunter2|secret|thrown/);
  }
});

t.test("where a body is wrong is told by pointers, and only where there are any", async (t) => {
  const validationErrors = [{ pointer: "/email", detail: "is missing" }];
  t.same(
    toProblem(new TurnoutError("TURNOUT_REGISTRATION_INVALID", "no", { validationErrors })).errors,
    validationErrors,
  );
  t.notOk("errors" in toProblem(new TurnoutError("TURNOUT_REGISTRATION_INVALID", "no")));
});

t.test("the framework's own errors are told in our words and codes", async (t) => {
  const expected: [unknown, ErrorCode, number][] = [
    [{ code: "FST_ERR_CTP_BODY_TOO_LARGE", statusCode: 413 }, "TURNOUT_BODY_TOO_LARGE", 413],
    [{ code: "FST_ERR_CTP_INVALID_MEDIA_TYPE", statusCode: 415 }, "TURNOUT_MEDIA_TYPE_UNSUPPORTED", 415],
    [{ code: "FST_ERR_CTP_EMPTY_JSON_BODY", statusCode: 400 }, "TURNOUT_BODY_UNREADABLE", 400],
    [{ code: "FST_ERR_HANDLER_TIMEOUT", statusCode: 503 }, "TURNOUT_OVERLOADED", 503],
    [Object.assign(new SyntaxError("Unexpected token"), { statusCode: 400 }), "TURNOUT_BODY_UNREADABLE", 400],
    [{ code: "FST_ERR_SOMETHING_NEW", statusCode: 418 }, "TURNOUT_REQUEST_INVALID", 400],
    [{ code: "FST_ERR_SOMETHING_NEW", statusCode: 500 }, "TURNOUT_INTERNAL", 500],
  ];
  for (const [error, code, status] of expected) t.match(toProblem(error), { code, status });
});

const app = Fastify();
app.get("/problem/:code", async (request, reply) => {
  const { code } = request.params as { code: ErrorCode };
  const { wait } = request.query as { wait?: string };
  if (wait) reply.header("Retry-After", wait);
  return sendProblem(reply, toProblem(new TurnoutError(code, "what happened")));
});
app.get("/page", async (request, reply) => {
  prepareProblemReply(reply, toProblem(new TurnoutError("TURNOUT_OVERLOADED", "busy")));
  return { page: wantsPage(request) };
});
t.teardown(() => app.close());

t.test("a problem is sent as application/problem+json and is never cached", async (t) => {
  const reply = await app.inject("/problem/TURNOUT_CLOSED");
  t.equal(reply.statusCode, 403);
  t.match(reply.headers["content-type"], /^application\/problem\+json/);
  t.equal(reply.headers["cache-control"], "no-store");
  t.equal(reply.headers["retry-after"], undefined, "no use in coming back soon");
  t.same(reply.json(), {
    type: "urn:turnout:error:TURNOUT_CLOSED",
    title: "Registration is closed",
    status: 403,
    detail: "what happened",
    code: "TURNOUT_CLOSED",
  });
});

t.test("503 and 429 always say when to come back, and whoever knew better before is not overruled", async (t) => {
  for (const code of codes) {
    const reply = await app.inject(`/problem/${code}`);
    const asked = reply.statusCode === 503 || reply.statusCode === 429;
    t.equal(/^[1-9]\d*$/.test(String(reply.headers["retry-after"])), asked, `${code}: ${reply.headers["retry-after"]}`);
  }
  const reply = await app.inject("/problem/TURNOUT_OVERLOADED?wait=17");
  t.equal(reply.headers["retry-after"], "17");
});

t.test("only who asks for a page is a browser", async (t) => {
  const page = async (accept?: string) => {
    const reply = await app.inject({ url: "/page", headers: accept === undefined ? {} : { accept } });
    t.equal(reply.statusCode, 503);
    return (reply.json() as { page: boolean }).page;
  };
  t.equal(await page("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"), true);
  t.equal(await page("*/*"), false);
  t.equal(await page("application/json"), false);
  t.equal(await page(), false);
});
