/** Settings that are right each by itself and contradict each other; those of mail are in `mail-settings.ts`. */
import { isIP } from "node:net";
import type { StackConfig } from "./config.ts";
import { mailErrors } from "./mail-settings.ts";
import { tagErrors } from "./own-tags.ts";

function isRange(range: string): boolean {
  const [net = "", prefix] = range.split("/");
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(net)] ?? -1;
  return bits > 0 && Number(prefix ?? bits) >= 1 && Number(prefix ?? bits) <= bits;
}

/** @returns what contradicts itself, one sentence each */
export function relationErrors(config: StackConfig): string[] {
  const errors: string[] = [];
  const [twice] = /-(test|production)$/.exec(config.stackName) ?? [];
  if (twice !== undefined) {
    const stack = `${config.stackName}-${config.stage}`;
    errors.push(
      `stackName was ${config.stackName}, which makes the stack ${stack}: leave ${twice} out, for stage adds it`,
    );
  }
  for (const tier of ["web", "worker"] as const) {
    const [min, rushing, max] = [
      config[`${tier}MinInstances`],
      config[`${tier}RushInstances`],
      config[`${tier}MaxInstances`],
    ];
    if (min > rushing || rushing > max) {
      errors.push(
        `${tier}MinInstances ${min}, ${tier}RushInstances ${rushing} and ${tier}MaxInstances ${max} must rise in this order`,
      );
    }
  }
  if ((config.tableMaxWritesPerSecond ?? Infinity) < config.tableWarmWritesPerSecond) {
    errors.push("tableMaxWritesPerSecond must not be below tableWarmWritesPerSecond");
  }
  const [one, other] = config.zones?.split(",") ?? [];
  if (one !== undefined && one === other) errors.push(`zones were ${one} twice: give two different ones`);
  const own = [config.domainName, config.certificateArn, config.originCertificateArn];
  if (own.some(Boolean) && !own.every(Boolean)) {
    errors.push("domainName, certificateArn and originCertificateArn belong together: give all three or none");
  }
  if ((config.loadTestFrom === undefined) !== (config.loadTestUntil === undefined)) {
    errors.push("loadTestFrom and loadTestUntil belong together: without an end the exemption would stay");
  }
  if (config.loadTestUntil !== undefined && Number.isNaN(Date.parse(config.loadTestUntil))) {
    // The web tier would not start with it.
    errors.push(`loadTestUntil was ${config.loadTestUntil}, which is no time`);
  }
  const wrongRange = config.loadTestFrom?.split(",").find((range) => !isRange(range));
  if (wrongRange !== undefined) errors.push(`loadTestFrom names ${wrongRange}, which is no address or range`);
  errors.push(...mailErrors(config));
  errors.push(...tagErrors(config.tags ?? ""));
  if (config.certificateArn && !config.certificateArn.includes(":acm:us-east-1:")) {
    errors.push("certificateArn must lie in us-east-1: CloudFront reads certificates only there");
  }
  return errors;
}
