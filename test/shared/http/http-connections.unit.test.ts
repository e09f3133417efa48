import { createServer, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import type { Test } from "tap";
import { t } from "../../equipment/file-test.ts";
import { followConnections, responseUnderWay, type HttpConnections } from "../../../shared/http/http-connections.ts";
import { eventually } from "../../equipment/eventually.ts";

interface Started {
  readonly connections: HttpConnections;
  readonly held: ServerResponse[];
  open(): Promise<Socket>;
}

async function start(test: Test): Promise<Started> {
  const held: ServerResponse[] = [];
  const server = createServer((_request, response) => held.push(response));
  const connections = followConnections(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    connections,
    held,
    async open() {
      const before = connections.count();
      const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
      socket.resume();
      test.teardown(() => socket.destroy());
      await eventually(() => connections.count() === before + 1, "it is in");
      return socket;
    },
  };
}

const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

t.test("a connection has a request under way until the answer is out, and then none", async (t) => {
  const { connections, held, open } = await start(t);
  const socket = await open();
  const [connection] = [...connections.all()];
  t.equal(responseUnderWay(connection!), undefined, "nothing was said yet");
  socket.write(request);
  await eventually(() => held.length === 1, "it came");
  t.equal(responseUnderWay(connection!), held[0]);
  held[0]!.end("done");
  await eventually(() => !responseUnderWay(connection!), "it is out");
  socket.destroy();
  await eventually(() => connections.count() === 0, "it is gone");
});

t.test("idle ones are those that were not used for a while, longest unused first, silent ones included", async (t) => {
  const { connections, held, open } = await start(t);
  const silent = await open();
  const used = await open();
  const busy = await open();
  busy.write(request);
  await eventually(() => held.length === 1, "the busy one came");
  t.same(connections.idle(), [], "all of them are new");
  await eventually(() => connections.idle().length === 2, "two are idle", 20_000);
  used.write(request);
  await eventually(() => held.length === 2, "it is used again");
  held[1]!.end();
  await eventually(() => connections.idle().length === 2, "both are idle again", 20_000);
  const [first, second] = connections.idle();
  t.equal(first!.socket.remotePort, silent.localPort);
  t.equal(second!.socket.remotePort, used.localPort);
});

t.test("of requests that wait for the one before, the newest counts; none is kept when all are answered", async (t) => {
  const { connections, held, open } = await start(t);
  const socket = await open();
  const [connection] = [...connections.all()];
  socket.write(request.repeat(3));
  await eventually(() => held.length === 3, "all came");
  t.equal(responseUnderWay(connection!), held[2]);
  t.equal(connection!.previous, held[1]);
  held[0]!.end();
  held[1]!.end();
  await eventually(() => held[1]!.writableFinished, "two are out");
  t.equal(responseUnderWay(connection!), held[2]);
  held[2]!.end();
  await eventually(() => !responseUnderWay(connection!), "all are out");
  t.match(connection, { newest: undefined, previous: undefined });
});

t.test("nothing is kept of a request that came alone", async (t) => {
  const { connections, held, open } = await start(t);
  const socket = await open();
  const [connection] = [...connections.all()];
  socket.write(request);
  await eventually(() => held.length === 1, "it came");
  t.match(connection, { newest: undefined, previous: undefined });
});
