/** The clients of OpenAI and Anthropic: their methods that ask a model are tracked, and given adapted parameters. */
import type { ContextInput } from "@trimtab/conventions";
import { instrumentation } from "../../instance.ts";
import { reportOwnFailure } from "../../own-failure.ts";
import { parameters } from "../../parameters.ts";
import type { TrackedCall } from "../../tracked-call.ts";
import type { ClientRule } from "../configuration.ts";
import type { ModuleExports, ModulePatch, ModuleView } from "../module-patches.ts";
import { valueAt } from "../pattern.ts";
import { mirror } from "../tracked-function.ts";
import { appliedTo, type CompiledRule, compileRule } from "./client-rule.ts";
import { observeAnswer } from "./model-answer.ts";

interface ModelClient {
  readonly module: string;
  readonly className: string;
  /** Classes whose method `create` asks a model. The first must be there; the others came and go with versions. */
  readonly resources: readonly string[];
}

const CLIENTS: Readonly<Record<"openai" | "anthropic", ModelClient>> = {
  openai: { module: "openai", className: "OpenAI", resources: ["Chat.Completions", "Responses"] },
  anthropic: { module: "@anthropic-ai/sdk", className: "Anthropic", resources: ["Messages", "Beta.Messages"] },
};

type Create = (this: unknown, ...args: unknown[]) => unknown;

/** The changes of modules that the rules ask for. */
export function modelClientPatches(rules: readonly ClientRule[]): ModulePatch[] {
  return (["openai", "anthropic"] as const).flatMap((name) => {
    const own = rules.filter(({ client }) => client === name);
    if (own.length === 0) return [];
    const { module, className, resources } = CLIENTS[name];
    const compiled = own.map(compileRule);
    return {
      module,
      rule: `clients ("${own.map(({ operation }) => operation).join('", "')}")`,
      replaces: [],
      apply(view: ModuleView): ModuleExports {
        const Client = view.get(className) ?? view.get("default");
        resources.forEach((path, at) => {
          const prototype = valueAt(Client, [...path.split("."), "prototype"]) as { create?: Create } | undefined;
          const create = prototype?.create;
          if (prototype === undefined || typeof create !== "function") {
            if (at > 0) return;
            throw new Error(`this version of "${module}" has no ${className}.${path}`);
          }
          prototype.create = adapted(create, compiled);
        });
        return {};
      },
    };
  });
}

/** `create` with the rules applied. Whatever of ours fails, the call is made as it was asked for. */
function adapted(create: Create, rules: readonly CompiledRule[]): Create {
  const tracked: Create = function (this: unknown, ...args) {
    const [body, ...rest] = args;
    const prepared = prepare(body, rules);
    if (prepared === undefined) return Reflect.apply(create, this, args);
    const { call, request } = prepared;
    let answer: unknown;
    try {
      answer = instrumentation().run(call, () => Reflect.apply(create, this, [request, ...rest]));
    } catch (error) {
      call.fallThrough(error);
      throw error;
    }
    return observeAnswer(answer, call);
  };
  return mirror(tracked, create);
}

interface PreparedCall {
  readonly call: TrackedCall;
  readonly request: unknown;
}

function prepare(body: unknown, rules: readonly CompiledRule[]): PreparedCall | undefined {
  try {
    if (typeof body !== "object" || body === null) return undefined;
    const request = body as Readonly<Record<string, unknown>>;
    const found = rules.find((each) => each.matches(request));
    if (found === undefined) return undefined;
    const { rule } = found;
    const context: ContextInput = found.contextOf(request);
    const { fields, answer } = appliedTo(request, rule, parameters(rule.operation, context));
    const names = Object.keys(fields);
    const call = instrumentation().begin(rule.operation, context, {
      parameters: answer,
      ...(names.length === 0 ? {} : { metadata: { applied: names } }),
    });
    if (call === undefined) return undefined;
    return { call, request: names.length === 0 ? body : { ...request, ...fields } };
  } catch (error) {
    reportOwnFailure("adapting a call of a model", error);
    return undefined;
  }
}
