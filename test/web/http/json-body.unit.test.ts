import Fastify from "fastify";
import { t } from "../../equipment/file-test.ts";
import { acceptJsonBodies } from "../../../web/http/json-body.ts";

const app = Fastify();
acceptJsonBodies(app);
app.post("/", (request, reply) => reply.send(request.body));
app.delete("/", async ({ body }, reply) => reply.send({ body: body ?? "none" }));
t.teardown(() => app.close());

const send = (payload: string | Buffer, type = "application/json") =>
  app.inject({ method: "POST", url: "/", headers: { "content-type": type }, payload });

t.test("JSON in UTF-8 is read as it was written, whatever script it is in", async (t) => {
  const value = { text: "Zoë 𝒵 張偉 🎟️ \u2028 \ufffd", list: [1, null, true] };
  for (const type of ["application/json", "application/json; charset=utf-8", "Application/JSON"]) {
    const reply = await send(JSON.stringify(value), type);
    t.equal(reply.statusCode, 200, type);
    t.same(reply.json(), value);
  }
});

t.test("bytes that are no UTF-8 are rejected instead of replaced", async (t) => {
  const latin1 = Buffer.from('{"name":"José"}', "latin1");
  const cut = Buffer.from('{"name":"José"}').subarray(0, 13);
  const overlong = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]);
  const surrogate = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]);
  for (const bytes of [latin1, cut, overlong, surrogate, Buffer.from('{"a":1}', "utf16le").subarray(1)]) {
    const reply = await send(bytes);
    t.not(reply.statusCode, 200, bytes.toString("hex"));
    t.match(reply.json(), { code: /TURNOUT_BODY_UNREADABLE|FST_ERR_CTP_INVALID_JSON_BODY/ });
  }
});

t.test("prototypes cannot be poisoned, and no body is no JSON", async (t) => {
  for (const text of ['{"__proto__":{"x":1}}', '{"constructor":{"prototype":{"x":1}}}', "", "{", "undefined"]) {
    const reply = await send(text);
    t.equal(reply.statusCode, 400, text);
  }
  t.equal(({} as { x?: number }).x, undefined);
});

t.test("a DELETE may name the type of a body that it does not have, as many clients do", async (t) => {
  const headers = { "content-type": "application/json" };
  const reply = await app.inject({ method: "DELETE", url: "/", headers });
  t.same(reply.json(), { body: "none" });
  t.equal((await app.inject({ method: "DELETE", url: "/", headers, payload: "{" })).statusCode, 400);
});
