/** CloudWatch Logs and STS as an HTTP server, as far as the audit log asks them: there is no local engine of either. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";

export interface FakeAuditServices {
  readonly url: string;
  /** Lines of the log group, in the order in which they were taken. */
  readonly lines: Record<string, unknown>[];
  /** What CloudWatch does with the next lines. */
  answer: "takes" | "denies" | "finds too old";
  /** How many lines are taken before that. */
  takes: number;
}

export const identityArn = "arn:aws:sts::123456789012:assumed-role/admins/ann@laptop";

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const piece of request) body += String(piece);
  return body;
}

/** Points the SDK at it until the test's end. */
export async function startAuditServices(t: Test, group: string): Promise<FakeAuditServices> {
  const streams = new Set<string>();
  const server = createServer(
    (request, response) =>
      void answerTo(request).then(({ status, type, body }) => {
        response.writeHead(status, { "content-type": type }).end(body);
      }),
  );
  const json = (status: number, value: object) => ({
    status,
    type: "application/x-amz-json-1.1",
    body: JSON.stringify(value),
  });

  async function answerTo(request: IncomingMessage) {
    const body = await bodyOf(request);
    if (body.includes("Action=GetCallerIdentity")) {
      const result = `<Arn>${identityArn}</Arn><UserId>A</UserId><Account>123456789012</Account>`;
      const text = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`;
      return { status: 200, type: "text/xml", body: text };
    }
    const action = String(request.headers["x-amz-target"]).split(".").at(-1);
    const {
      logGroupName,
      logStreamName,
      logEvents = [],
    } = JSON.parse(body) as {
      logGroupName: string;
      logStreamName: string;
      logEvents?: { message: string; timestamp: number }[];
    };
    const failure = (name: string) => json(400, { __type: name, message: `${name} of ${String(action)}` });
    if (logGroupName !== group) return failure("ResourceNotFoundException");
    if (services.answer === "denies" && services.lines.length >= services.takes)
      return failure("AccessDeniedException");
    if (action === "CreateLogStream") {
      if (streams.has(logStreamName)) return failure("ResourceAlreadyExistsException");
      streams.add(logStreamName);
      return json(200, {});
    }
    if (!streams.has(logStreamName)) return failure("ResourceNotFoundException");
    if (services.answer === "finds too old" && services.lines.length >= services.takes) {
      return json(200, { rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1 } });
    }
    services.lines.push(...logEvents.map(({ message }) => JSON.parse(message) as Record<string, unknown>));
    return json(200, {});
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const services: FakeAuditServices = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lines: [],
    answer: "takes",
    takes: 0,
  };
  const variables = {
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: services.url,
    AWS_ENDPOINT_URL_STS: services.url,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  t.teardown(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    server.closeAllConnections();
    server.close();
  });
  return services;
}
