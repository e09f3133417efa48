/**
 * The audit log's group, and managed policies for the people who look after the stack, attached to nobody: whoever owns the
 * account attaches them to its roles and permission sets. Their permissions are in `shared/aws/people-grants.ts`.
 */
import { RemovalPolicy, Stack } from "aws-cdk-lib";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { peopleGrantsOf, type PeopleNames, type PeopleRole } from "../shared/aws/people-grants.ts";
import { hasInstanceAccess, type StackConfig } from "./config.ts";
import type { Edge } from "./edge.ts";
import { acknowledgePatterns, toStatement } from "./grants.ts";
import type { Mail } from "./mail.ts";
import type { Platform } from "./platform.ts";
import type { Roles } from "./roles.ts";

export interface PeopleProps {
  readonly config: StackConfig;
  readonly roles: Roles;
  readonly platform: Platform;
  readonly edge: Edge;
  /** Undefined where there is no mail. */
  readonly mail: Mail | undefined;
}

const descriptions = {
  "read-only": "Turnout: reads a deployment and its people, and changes nothing",
  admin: "Turnout: mends, replays, discards, erases and exports registrations, and pauses registration",
  operator: "Turnout: diagnoses, verifies and loads a deployment",
} as const satisfies Record<PeopleRole, string>;

export class People extends Construct {
  /** What admins did, a line of JSON each. */
  readonly auditLog: LogGroup;
  readonly readOnly: ManagedPolicy;
  readonly admin: ManagedPolicy;
  readonly operator: ManagedPolicy;

  constructor(scope: Construct, id: string, { config, roles, platform, edge, mail }: PeopleProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.auditLog = new LogGroup(this, "AuditLog", {
      retention: RetentionDays.ONE_YEAR,
      // As the tables.
      removalPolicy: config.stage === "production" ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const { distributionId } = edge.distribution;
    const names: PeopleNames = {
      ...roles.names,
      stackName: stack.stackName,
      environments: { web: platform.web.ref, worker: platform.worker.ref },
      roleArns: [roles.web.role.roleArn, roles.worker.role.roleArn],
      distributionArn: `arn:${stack.partition}:cloudfront::${stack.account}:distribution/${distributionId}`,
      auditLogGroupArn: this.auditLog.logGroupArn,
      mailDeadLetterQueueArn: mail?.deadLetterQueue.queueArn,
      instanceAccess: hasInstanceAccess(config),
      isTest: config.stage !== "production",
    };
    this.readOnly = this.#policy("ReadOnly", "read-only", names);
    this.admin = this.#policy("Admin", "admin", names);
    this.operator = this.#policy("Operator", "operator", names);
  }

  #policy(id: string, role: PeopleRole, names: PeopleNames): ManagedPolicy {
    const grants = peopleGrantsOf(role, names);
    const policy = new ManagedPolicy(this, id, {
      description: descriptions[role],
      statements: grants.map(toStatement),
    });
    acknowledgePatterns(policy, grants);
    return policy;
  }
}
