/** What a configuration would do before it is in force. Nothing is changed. */
import { type ParameterValue } from "@trimtab/conventions";
import { z } from "zod";
import { ConfigError } from "../config/config-error.ts";
import { formatPath } from "../config/problem-list.ts";
import { ControllerError } from "../errors.ts";
import type { Plan } from "../plan/plan-configuration.ts";
import { type Route, sendJson } from "./route.ts";
import { parameterValueSchema } from "./wire/learning-wire.ts";

/** What the route needs. */
export interface PlanRouteDependencies {
  /** @throws {ConfigError} where the text is no sound configuration. */
  readonly plan: (text: string) => Promise<Plan>;
}

interface PlanBody {
  readonly configuration: string;
}

const bodySchema: z.ZodType<PlanBody> = z.strictObject({
  configuration: z.string().min(1).meta({ description: "The text of a trimtab.yaml." }),
});

const differenceSchema = z.strictObject({
  path: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});
const value: z.ZodType<ParameterValue> = parameterValueSchema;

const planSchema: z.ZodType<Plan> = z.strictObject({
  hasChanges: z.boolean(),
  needsRestart: z.array(z.string()).meta({ description: "With any of these a reload is refused; restart instead." }),
  settings: z.array(differenceSchema),
  operations: z.array(
    z.strictObject({
      component: z.string(),
      operation: z.string(),
      change: z.enum(["added", "removed", "changed"]),
      differences: z.array(differenceSchema),
      effects: z.array(z.string()),
      next: z
        .strictObject({
          problem: z.string().optional(),
          contexts: z.array(z.strictObject({ context: z.string(), kind: z.string(), reason: z.string() })),
          contextCount: z.int(),
          changes: z.array(
            z.strictObject({ context: z.string(), parameter: z.string(), from: value, to: value, status: z.string() }),
          ),
        })
        .optional(),
    }),
  ),
});

/** The route `POST /v1/plan`. */
export function planRoutes({ plan }: PlanRouteDependencies): readonly Route[] {
  const route: Route<unknown, PlanBody> = {
    method: "post",
    path: "/v1/plan",
    summary: "Tells what a configuration would do in the place of the one in force, and changes nothing.",
    role: "operate",
    body: { name: "PlanRequest", schema: bodySchema },
    answers: { 200: { description: "The plan.", body: { name: "Plan", schema: planSchema } } },
    errors: ["CONFIGURATION_INVALID"],
    async handle({ body }, response) {
      try {
        sendJson(response, await plan(body.configuration));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        const problems = error.problems.map(({ path, message, line }) => ({
          path: formatPath(path),
          message: line === undefined ? message : `${message} (line ${line})`,
        }));
        throw new ControllerError("CONFIGURATION_INVALID", error.message, { problems });
      }
    },
  };
  return [route] as readonly Route[];
}
