/** Why AWS rejects the web tier stands in its log: what was to be done, to what, and what to mend. */
import t from "tap";
import { eventually } from "../equipment/eventually.ts";
import { startEngines } from "./cell.ts";
import { accessDenied, missingQueue, missingTable, throttling } from "./fault.ts";
import { createInstancesClient } from "./instances-client.ts";

const engines = await startEngines();
t.teardown(() => engines.stop());
const client = createInstancesClient();
t.teardown(() => client.close());

t.test(
  "whatever the web tier is rejected, its log names the action, the resource and the construct to mend",
  async (t) => {
    const cell = await engines.createCell({ environment: { SEND_TIMEOUT_MS: "500" } });
    t.teardown(() => cell.close());
    const web = await cell.startTier("web");
    const submission = { email: "somebody@example.org", name: "Somebody" };
    const { statusUrl } = await client.post(web.url, submission, "first");
    const attempts = {
      register: () => client.post(web.url, submission, "again"),
      ready: () => fetch(`${web.url}/ready`),
      poll: () => fetch(`${web.url}${statusUrl}`),
    };
    for (const { attempt, proxy, fault, names } of [
      {
        attempt: attempts.register,
        proxy: cell.sqsProxy,
        fault: { ...accessDenied("sqs:SendMessage", "the-queue"), actions: ["SendMessage"] },
        names: ["access-denied", "allow sqs:SendMessage on", cell.queueUrl, "Roles/WebRole"],
      },
      {
        attempt: attempts.register,
        proxy: cell.sqsProxy,
        fault: { ...missingQueue, actions: ["SendMessage"] },
        names: ["missing-resource", cell.queueUrl, "correct its name"],
      },
      {
        attempt: attempts.ready,
        proxy: cell.sqsProxy,
        fault: { ...accessDenied("sqs:GetQueueAttributes", "the-queue"), actions: ["GetQueueAttributes"] },
        names: ["access-denied", "allow sqs:GetQueueAttributes on", cell.queueUrl, "Roles/WebRole"],
      },
      {
        attempt: attempts.poll,
        proxy: cell.dynamoDbProxy,
        fault: { ...missingTable, actions: ["BatchGetItem"] },
        names: ["missing-resource", cell.registrationsTable, "correct its name"],
      },
      {
        attempt: attempts.poll,
        proxy: cell.dynamoDbProxy,
        fault: { ...throttling, actions: ["BatchGetItem"] },
        names: ["throttled", cell.registrationsTable, "throughput"],
      },
    ]) {
      const injection = proxy.inject(fault);
      const isTold = () =>
        web.log.some(({ message }) => names.every((part) => typeof message === "string" && message.includes(part)));
      await eventually(async () => {
        await attempt();
        return isTold();
      }, names.join(" "));
      injection.lift();
    }
    t.notMatch(JSON.stringify(web.log), /somebody@/i);
  },
);
