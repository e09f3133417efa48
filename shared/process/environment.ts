/**
 * Validates a process's environment against a schema at start. The variables are listed in each process's `config.ts`.
 */
import type { Static, TObject, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { TurnoutError, type ValidationError } from "../errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

interface VariableSchema {
  readonly type?: string;
  readonly default?: unknown;
  readonly description?: string;
  /** Standard JSON Schema keyword for values that must not be shown: secrets. */
  readonly writeOnly?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
}

const decimal = /^-?\d+(\.\d+)?$/;

function parse(text: string, type: string | undefined): unknown {
  if ((type === "integer" || type === "number") && decimal.test(text)) return Number(text);
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

function allowed(schema: VariableSchema): string {
  const parts = [schema.type === "integer" ? "a whole number" : `a ${schema.type ?? "value"}`];
  if (schema.minimum !== undefined) parts.push(`at least ${schema.minimum}`);
  if (schema.maximum !== undefined) parts.push(`at most ${schema.maximum}`);
  if (schema.enum) parts.push(`one of ${schema.enum.join(", ")}`);
  return parts.join(", ");
}

/**
 * @param schema an object schema with the variables as properties; a default makes one optional
 * @param env usually `process.env`; empty strings count as unset
 * @returns typed, frozen values with defaults
 * @throws TURNOUT_ENVIRONMENT_INVALID naming every error: the variable, what was given, what is allowed
 */
export function readEnv<S extends TObject>(schema: S, env: Environment): Readonly<Static<S>> {
  const values: Record<string, unknown> = {};
  const validationErrors: ValidationError[] = [];
  const required = new Set<string>(schema.required ?? []);
  for (const [name, property] of Object.entries(schema.properties) as [string, TSchema & VariableSchema][]) {
    const text = env[name];
    if (text === undefined || text === "") {
      if (property.default !== undefined) values[name] = property.default;
      else if (required.has(name)) {
        validationErrors.push({
          pointer: `/${name}`,
          detail: `${name} is not set: ${property.description ?? allowed(property)}`,
        });
      }
      continue;
    }
    const value = parse(text, property.type);
    if (Compile(property).Check(value)) values[name] = value;
    else {
      const given = property.writeOnly ? "a value that is not shown" : JSON.stringify(text);
      const hint = property.description ? ` (${property.description})` : "";
      validationErrors.push({
        pointer: `/${name}`,
        detail: `${name} was ${given}, allowed is ${allowed(property)}${hint}`,
      });
    }
  }
  if (validationErrors.length > 0) {
    const list = validationErrors.map((validationError) => `  - ${validationError.detail}`).join("\n");
    throw new TurnoutError(
      "TURNOUT_ENVIRONMENT_INVALID",
      `The environment has ${validationErrors.length} error(s):\n${list}`,
      {
        validationErrors,
      },
    );
  }
  return Object.freeze(values) as Readonly<Static<S>>;
}
