import Fastify from "fastify";
import { t } from "../../equipment/file-test.ts";
import { acceptFormBodies } from "../../../shared/registration/form-body.ts";

const app = Fastify();
acceptFormBodies(app);
app.post("/", (request, reply) => reply.send(request.body));
t.teardown(() => app.close());

const send = (payload: string | Buffer, type = "application/x-www-form-urlencoded") =>
  app.inject({ method: "POST", url: "/", headers: { "content-type": type }, payload });

t.test("a form is read as a browser or a program wrote it", async (t) => {
  const fields = { name: "Zoë 𝒵 & Co. = 100 %", empty: "", "answers.meal": "張偉 🎟️ \ufffd" };
  for (const type of ["application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=UTF-8"]) {
    const reply = await send(new URLSearchParams(fields).toString(), type);
    t.equal(reply.statusCode, 200, type);
    t.same(reply.json(), fields);
  }
  t.same((await send("name=Zoë+Müller")).json(), { name: "Zoë Müller" }, "UTF-8 that is not encoded");
  t.same((await send("a=1&a=2&b")).json(), { a: ["1", "2"], b: "" }, "a field that came twice");
  t.same((await send("")).json(), {});
});

t.test("what is no UTF-8 is rejected, encoded or not", async (t) => {
  const bodies = ["name=J%F6rg", "n%FCr=1", "name=%C3&x=%BC", "name=%ED%A0%80", "name=100%", "name=%zz"];
  for (const body of [...bodies, Buffer.from("name=Jörg", "latin1")]) {
    const reply = await send(body);
    t.match(reply.json(), { code: "TURNOUT_BODY_UNREADABLE" }, body.toString());
  }
});

t.test("a field called __proto__ is a field, and poisons nothing", async (t) => {
  const reply = await send("__proto__=1&x=2");
  t.equal(reply.statusCode, 200);
  t.equal(({} as { x?: string }).x, undefined);
});
