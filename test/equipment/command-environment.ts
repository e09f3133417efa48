/** How a command finds a local stack. */
import type { LocalStack } from "../../local/stack.ts";

/**
 * By the ports alone, as for somebody who runs npm start in another terminal. Nobody listens where a tier is not started,
 * whatever else runs on this machine.
 * @param stack one that is started
 * @returns the environment of a command that means it
 */
export function commandEnvironment(stack: Pick<LocalStack, "urls">) {
  const { sqs, dynamodb, mail, web, worker } = stack.urls;
  const portOf = (url = "http://127.0.0.1:1") => new URL(url).port;
  return {
    SQS_PORT: portOf(sqs),
    DYNAMODB_PORT: portOf(dynamodb),
    MAIL_PORT: portOf(mail),
    WEB_PORT: portOf(web),
    WORKER_PORT: portOf(worker),
  };
}
