/**
 * Prepared calls: for a command that is sent all the time, what the SDK finds out anew for each call though it never changes
 * (endpoint, target, user agent, signer) is kept from an earlier one. Only body, length, date and signature differ.
 *
 *     first call      the SDK's; once it succeeds, its request's head and its signer are kept
 *     further calls   body ──► signature (the SDK's signer) ──► one attempt ──► 200: the answer
 *                                                                  │
 *                                              anything else ──► the SDK, which takes it for the result of its first attempt
 *
 * So errors, retries, their pauses and the correction of the clock stay the SDK's. See docs/decisions/0015.
 */
import { hash } from "node:crypto";
import type { SQSClient } from "@aws-sdk/client-sqs";

type Handle = SQSClient["config"]["requestHandler"]["handle"];
type HttpRequest = Parameters<Handle>[0];
type Answer = Awaited<ReturnType<Handle>>["response"];
type Head = HttpRequest["headers"];

/** The SDK's signer of a region and a service; it asks for the credentials at each signature. */
interface Signer {
  sign(request: HttpRequest, options: object): Promise<HttpRequest>;
}

/** The SDK's decisions about retries; each has a part of a quota, which calls that succeed fill up. */
interface RetryStrategy {
  readonly mode?: string;
  acquireInitialRetryToken(scope: string): Promise<unknown>;
  recordSuccess(token: unknown): void;
}

/** The client's configuration, as far as signing and retries need it. */
interface ClientConfig {
  readonly retryStrategy: () => Promise<RetryStrategy>;
  readonly signer: (authScheme: unknown) => Promise<Signer>;
  /** Milliseconds by which this machine's clock is behind AWS's. */
  readonly systemClockOffset: number;
}

/** What the SDK has decided for a call by the time it signs. */
interface SelectedScheme {
  readonly httpAuthOption: {
    readonly schemeId: string;
    readonly signingProperties?: {
      readonly config?: ClientConfig;
      readonly signingRegion?: string;
      readonly signingName?: string;
    };
  };
}

/** Where the SDK's steps keep what they tell each other of a call. */
const smithy = "__smithy_context";

/** A call as the SDK's steps share it. */
interface Call {
  readonly commandName?: string;
  readonly endpointV2?: { readonly properties?: { readonly authSchemes?: readonly unknown[] } };
  readonly [smithy]?: { readonly selectedHttpAuthScheme?: SelectedScheme; readonly abortSignal?: unknown };
}

type Result = { readonly answer: Answer } | { readonly error: unknown };

/** All that calls of one command have in common. */
interface Preparation {
  readonly place: Pick<HttpRequest, "protocol" | "hostname" | "port" | "path" | "method">;
  readonly head: Head;
  sign(request: HttpRequest): Promise<HttpRequest>;
  /** Fills up the SDK's quota of retries, as each call that succeeds does. */
  succeeded(): Promise<void>;
}

/** A step of the SDK's. */
interface Step {
  readonly input: unknown;
  readonly request: HttpRequest;
}
type Next = (step: Step) => Promise<{ output: unknown; response: unknown }>;
type Middleware = (next: Next, call: Call) => (step: Step) => Promise<{ output: unknown; response: unknown }>;

/** The part of a client's middleware stack that is used here. */
interface Stack {
  add(middleware: Middleware, where: { step: string; priority: string; name: string }): void;
  addRelativeTo(middleware: Middleware, where: { relation: string; toMiddleware: string; name: string }): void;
}

export interface PreparedCallsOptions {
  /**
   * Commands' names, such as `SendMessageCommand`. Their inputs hold only what JSON has, no bytes and no dates, and do not
   * decide about the endpoint.
   */
  readonly commands: readonly string[];
  readonly handle: (request: HttpRequest) => ReturnType<Handle>;
  /** Has an attempt wait for a free connection. */
  readonly withSocket: <Outcome>(attempt: () => Promise<Outcome>) => Promise<Outcome>;
}

const sigV4 = "aws.auth#sigv4";
/** Of one call alone, and not of every call of its command. */
const ownToCall = new Set(["content-length", "amz-sdk-invocation-id", "amz-sdk-request"]);
const succeeded = 200;

/** @returns what further calls of the command need; undefined when they are not signed and tried again in the usual way */
async function prepare({ endpointV2, [smithy]: context }: Call, request: HttpRequest) {
  const { schemeId, signingProperties = {} } = context?.selectedHttpAuthScheme?.httpAuthOption ?? {};
  const { config, signingRegion, signingName: signingService } = signingProperties;
  if (schemeId !== sigV4 || !config) return undefined;
  const retries = await config.retryStrategy();
  // Another one may limit the pace of all attempts.
  if (retries.mode !== "standard") return undefined;
  const signer = await config.signer(endpointV2?.properties?.authSchemes?.[0]);
  const { protocol, hostname, port, path, method } = request;
  const preparation: Preparation = {
    place: { protocol, hostname, port, method, path },
    head: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !ownToCall.has(name.toLowerCase()))),
    sign: (unsigned) =>
      signer.sign(unsigned, {
        signingDate: new Date(Date.now() + config.systemClockOffset),
        signingRegion,
        signingService,
      }),
    succeeded: async () => retries.recordSuccess(await retries.acquireInitialRetryToken("")),
  };
  return preparation;
}

function requestOf({ place, head }: Preparation, input: unknown): HttpRequest {
  const body = Buffer.from(JSON.stringify(input));
  const headers = {
    ...head,
    "content-length": String(body.length),
    // The signer takes it from here.
    "x-amz-content-sha256": hash("sha256", body, "hex"),
  };
  return { ...place, query: {}, headers, body };
}

/** @returns the content of an answer; undefined when it does not simply succeed */
function contentOf({ statusCode, headers, body }: Answer): object | undefined {
  if (statusCode !== succeeded) return undefined;
  try {
    const content = JSON.parse((body as Buffer).toString()) as object;
    const requestId = headers["x-amzn-requestid"];
    return { ...content, $metadata: { httpStatusCode: statusCode, requestId, attempts: 1, totalRetryDelay: 0 } };
  } catch {
    return undefined;
  }
}

/** @returns a plugin for a client's middleware stack */
export function preparedCalls({ commands, handle, withSocket }: PreparedCallsOptions) {
  const names = new Set(commands);
  const preparations = new Map<string, Preparation>();
  /** Attempts that the SDK has yet to learn of. */
  const made = new WeakMap<Call, Result>();

  /** @returns undefined without credentials: the SDK will not get far either, and says why */
  async function attempt(preparation: Preparation, input: unknown): Promise<Result | undefined> {
    const request = await preparation.sign(requestOf(preparation, input)).catch(() => undefined);
    if (!request) return undefined;
    try {
      return { answer: (await handle(request)).response };
    } catch (error) {
      return { error };
    }
  }

  const call: Middleware = (next, context) => async (step) => {
    const preparation = preparations.get(context.commandName ?? "");
    if (!preparation || context[smithy]?.abortSignal !== undefined) return next(step);
    const result = await withSocket(() => attempt(preparation, step.input));
    if (!result) return next(step);
    if ("answer" in result) {
      const output = contentOf(result.answer);
      if (output) {
        await preparation.succeeded();
        return { output, response: result.answer };
      }
    }
    made.set(context, result);
    return next(step);
  };

  const learn: Middleware = (next, context) => async (step) => {
    const outcome = await next(step);
    const { commandName = "" } = context;
    if (names.has(commandName) && !preparations.has(commandName)) {
      // Another version of the SDK may have it otherwise: then all calls stay its own.
      const preparation = await prepare(context, step.request).catch(() => undefined);
      if (preparation) preparations.set(commandName, preparation);
    }
    return outcome;
  };

  const report: Middleware = (next, context) => async (step) => {
    const result = made.get(context);
    if (!result) return next(step);
    made.delete(context);
    if ("error" in result) throw result.error;
    return { response: result.answer, output: undefined };
  };

  return {
    applyToStack(stack: Stack): void {
      // Within whatever checks an answer, such as its checksum.
      stack.add(call, { step: "initialize", priority: "low", name: "preparedCall" });
      stack.addRelativeTo(learn, { relation: "before", toMiddleware: "httpSigningMiddleware", name: "learnCall" });
      // In the place of the connection.
      stack.add(report, { step: "deserialize", priority: "low", name: "reportAttempt" });
    },
  };
}
