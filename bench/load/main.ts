/** The load generator as a process of its own, told by the benchmark what to send. */
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { createSqsClient } from "../../shared/aws/aws-clients.ts";
import { answerQuestions } from "../equipment/questions.ts";
import { submissionOf } from "../people.ts";
import { arrive, type ArrivalsOrder, type ArrivalsResult } from "./arrivals.ts";
import { createLeanClient } from "./lean-client.ts";
import { saturate } from "./saturation.ts";

export interface PostArrivals extends ArrivalsOrder {
  readonly url: string;
  readonly firstPerson: number;
  readonly maxConnections: number;
}

export interface SendMessageArrivals extends ArrivalsOrder {
  readonly queueUrl: string;
  readonly firstPerson: number;
}

const timeoutMs = 20_000;
const path = "/registrations";

async function postArrivals(order: PostArrivals): Promise<ArrivalsResult> {
  const { url, firstPerson, maxConnections } = order;
  const client = createLeanClient({ url, maxConnections, timeoutMs });
  try {
    return await arrive(order, (index, done) =>
      client.post(path, JSON.stringify(submissionOf(firstPerson + index)), done),
    );
  } finally {
    client.close();
  }
}

/** Straight to the queue, with nothing of ours between: what the web tier's latency is compared with. */
async function sendMessageArrivals(order: SendMessageArrivals): Promise<ArrivalsResult> {
  const sqs = createSqsClient({ region: process.env.AWS_REGION, requestTimeoutMs: timeoutMs, maxAttempts: 1 });
  try {
    return await arrive(order, (index, done) => {
      const startedAt = performance.now();
      const tell = (status: number) => () =>
        done({ status, milliseconds: performance.now() - startedAt, retryAfterSeconds: undefined });
      sqs
        .send(
          new SendMessageCommand({
            QueueUrl: order.queueUrl,
            MessageBody: JSON.stringify(submissionOf(order.firstPerson + index)),
          }),
        )
        .then(tell(200), tell(0));
      return true;
    });
  } finally {
    sqs.destroy();
  }
}

answerQuestions({ saturate, "post arrivals": postArrivals, "send-message arrivals": sendMessageArrivals }, true);
