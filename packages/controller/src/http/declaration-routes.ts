/** Operations that services declare by themselves: registered where the file lacks them, compared where it has them. */
import { componentNameProblem, operationNameProblem } from "@trimtab/conventions";
import type { Declaration, OperationKey } from "@trimtab/engine";
import { z } from "zod";
import { type DeclarationSection, declarationSchema } from "../config/declaration-schema.ts";
import { formatPath } from "../config/problem-list.ts";
import { declarationDifferences, declarationProblems, declarationSnippet, isIn } from "../declared-operations.ts";
import { ControllerError, type RequestProblem } from "../errors.ts";
import type { Registrations } from "../registrations.ts";
import type { ConfiguredOperations } from "./configured-operations.ts";
import { type Route, sendJson } from "./route.ts";

/** What declarations are taken in by. All of it may change while the app lives. */
export interface DeclarationIntake {
  readonly registrations: Registrations;
  readonly allowsRegistration: () => boolean;
  /** The operations that are in force because a service registered them. */
  readonly registered: () => readonly OperationKey[];
}

/** What the routes need. */
export interface DeclarationRouteDependencies extends DeclarationIntake {
  readonly operations: ConfiguredOperations;
}

/** What became of a declaration, for the wire. */
interface WireDeclared {
  readonly component: string;
  readonly operation: string;
  readonly status: "configured" | "registered";
  readonly mode: "observe" | "suggest" | "auto";
  readonly isInForce: boolean;
  readonly snippet?: string | undefined;
}

const declaredSchema: z.ZodType<WireDeclared> = z.strictObject({
  component: z.string(),
  operation: z.string(),
  status: z
    .enum(["configured", "registered"])
    .meta({ description: "configured: the file has it and says the same. registered: the file lacks it." }),
  mode: z.enum(["observe", "suggest", "auto"]),
  isInForce: z.boolean().meta({ description: "Otherwise within five seconds." }),
  snippet: z
    .string()
    .optional()
    .meta({ description: "YAML for trimtab.yaml, which makes a registered operation the file's own." }),
});

const removedSchema: z.ZodType<{ readonly isInForce: boolean }> = z.strictObject({ isInForce: z.boolean() });

/** The routes that services and people change /v1/operations/{component}/{operation} by. */
export function declarationRoutes({
  operations,
  registrations,
  allowsRegistration,
  registered,
}: DeclarationRouteDependencies): readonly Route[] {
  const answered = { name: "Declared", schema: declaredSchema };
  const put: Route<unknown, DeclarationSection> = {
    method: "put",
    path: "/v1/operations/{component}/{operation}",
    summary:
      "A service declares one of its operations. Where the file lacks it and registration is allowed, it is registered in mode observe; where the file has it, the two are compared.",
    role: "feedback", // what a service tells; whoever may only read must not change what is observed
    body: { name: "Declaration", schema: declarationSchema },
    answers: {
      200: { description: "It is known, and in force.", body: answered },
      201: { description: "It was registered, and is in force.", body: answered },
      202: { description: "It was registered, and is in force within five seconds.", body: answered },
    },
    errors: ["SPECIFICATION_DIFFERS", "REGISTRATION_OFF", "REGISTRATION_LIMIT_REACHED"],
    async handle({ parameters, body }, response) {
      const key = keyOf(parameters);
      refuseNames(key);
      const problems = declarationProblems(key, body).map(wireProblem);
      if (problems.length > 0) throw new ControllerError("BODY_INVALID", sentence(problems), { problems });
      const configured = operations.all().find((policy) => isIn([policy], key) && !isIn(registered(), key));
      if (configured !== undefined) {
        await registrations.declare(key, body, false);
        const differences = declarationDifferences(configured, declarationOf(key, body)).map(wireProblem);
        if (differences.length > 0)
          throw new ControllerError("SPECIFICATION_DIFFERS", sentence(differences), { problems: differences });
        sendJson(response, {
          ...key,
          status: "configured",
          mode: configured.mode,
          isInForce: true,
        } satisfies WireDeclared);
        return;
      }
      if (!allowsRegistration()) {
        throw new ControllerError(
          "REGISTRATION_OFF",
          `The configuration lacks "${key.component}/${key.operation}", and services may not register operations.`,
        );
      }
      const { addition, isInForce } = await registrations.declare(key, body, true);
      if (addition === "refused") {
        throw new ControllerError(
          "REGISTRATION_LIMIT_REACHED",
          "100 operations of a component and 100 components may be registered, and this would be one more.",
        );
      }
      const status = isInForce ? (addition === "added" ? 201 : 200) : 202;
      const snippet = declarationSnippet([declarationOf(key, body)]);
      const wire: WireDeclared = { ...key, status: "registered", mode: "observe", isInForce, snippet };
      sendJson(response.status(status), wire);
    },
  };
  const remove: Route = {
    method: "delete",
    path: "/v1/operations/{component}/{operation}",
    summary: "Forgets an operation that a service registered. What was measured and decided stays in the store.",
    role: "operate",
    answers: {
      200: { description: "It is forgotten.", body: { name: "DeclarationRemoved", schema: removedSchema } },
    },
    errors: ["COMPONENT_UNKNOWN", "OPERATION_UNKNOWN", "OPERATION_IN_FILE"],
    async handle({ parameters }, response) {
      const key = keyOf(parameters);
      const { component, operation } = operations.find(key.component, key.operation);
      if (!isIn(registered(), key)) {
        throw new ControllerError("OPERATION_IN_FILE", `"${component}/${operation}" stands in trimtab.yaml.`);
      }
      const { isInForce } = await registrations.remove(key);
      sendJson(response, { isInForce });
    },
  };
  return [put, remove] as readonly Route[];
}

function keyOf(parameters: Readonly<Record<string, string>>): OperationKey {
  return { component: parameters["component"] ?? "", operation: parameters["operation"] ?? "" };
}

function declarationOf(key: OperationKey, section: DeclarationSection): Declaration {
  return { ...key, section: section as unknown as Declaration["section"], declaredAt: 0 };
}

function refuseNames({ component, operation }: OperationKey): void {
  const problems = [
    { path: "component", message: componentNameProblem(component) },
    { path: "operation", message: operationNameProblem(operation) },
  ].filter((problem): problem is RequestProblem => problem.message !== undefined);
  if (problems.length > 0) throw new ControllerError("PARAMETER_INVALID", sentence(problems), { problems });
}

function wireProblem({
  path,
  message,
}: {
  readonly path: readonly (string | number)[];
  readonly message: string;
}): RequestProblem {
  return { path: formatPath(path), message };
}

function sentence(problems: readonly RequestProblem[]): string {
  return `${problems.map(({ path, message }) => `${path} ${message}`).join("; ")}.`;
}
