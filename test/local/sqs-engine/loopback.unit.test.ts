import Fastify from "fastify";
import { t } from "../../equipment/file-test.ts";
import { listenOnLoopbackOnly } from "../../../local/sqs-engine/loopback.ts";

t.test(
  "a Fastify server listens where it is told, until the rule is set; from then on on 127.0.0.1 only",
  async (t) => {
    const before = Fastify();
    t.teardown(() => before.close());
    await before.listen({ port: 0, host: "0.0.0.0" });
    t.match(before.server.address(), { address: "0.0.0.0" }, "control: without the rule it is open to the network");
    listenOnLoopbackOnly();
    const after = Fastify();
    t.teardown(() => after.close());
    await after.listen({ port: 0, host: "0.0.0.0" });
    t.match(after.server.address(), { address: "127.0.0.1" });
  },
);
