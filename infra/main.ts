/**
 * The CDK app: configuration, bundle, stacks, synthesis. Needs no credentials or account; with npm's cache filled, no
 * network.
 */
import { join, resolve } from "node:path";
import { App } from "aws-cdk-lib";
import { loadEvent } from "../shared/registration/event-definition.ts";
import { bundleRepository } from "./bundle.ts";
import { readStackConfig } from "./config.ts";
import { addStacks } from "./stacks.ts";

const root = resolve(import.meta.dirname, "..");

try {
  const app = new App();
  const config = readStackConfig(app.node.getAllContext() as Record<string, unknown>);
  const event = loadEvent(join(root, config.eventFile));
  // A draft is for checks before the bundle, which takes most of the time; any file stands for it.
  const isDraft = app.node.tryGetContext("turnout:draft") !== undefined;
  const bundlePath = isDraft ? join(root, config.eventFile) : (await bundleRepository(root, config.eventFile)).path;
  addStacks(app, { config, event, bundlePath, now: Date.now() });
  app.synth();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
