/** What a person can do, each with the words that say what it will change. */
import type { ActOrder, Field, Filled } from "./act-dialog.ts";
import { apiPath, contextParameters } from "./routes.ts";
import { contextText, moment, percent, valuesText, valueText } from "./text.ts";
import type { WireAdaptation, WireOperation, WireOperationContext, WirePeople, WireSuggestion } from "./wire.ts";

/** The parameters that change together. */
export interface Change {
  readonly id: string;
  readonly component: string;
  readonly operation: string;
  readonly context: Readonly<Record<string, string>>;
  readonly parameters: readonly Pick<WireAdaptation, "parameter" | "oldValue" | "newValue">[];
}

/** A person's word on a change. */
export function decideChange(change: Change, verb: "approve" | "reject" | "rollback"): ActOrder {
  const { id, component, operation, context, parameters } = change;
  const where = `${component}.${operation}, ${contextText(context)}`;
  const forwards = parameters.map(
    ({ parameter, oldValue, newValue }) => `${parameter} ${valueText(oldValue)} → ${valueText(newValue)}`,
  );
  const backwards = parameters.map(
    ({ parameter, oldValue, newValue }) => `${parameter} ${valueText(newValue)} → ${valueText(oldValue)}`,
  );
  const send: ActOrder["send"] = (_, origin) => ({
    method: "POST",
    path: apiPath(["v1", "adaptations", id, verb]),
    body: origin,
  });
  switch (verb) {
    case "approve":
      return {
        title: "Approve this change",
        button: "Approve",
        consequences: () => [
          `${where}: ${forwards.join(", ")}.`,
          "It is put into force at once for all calls outside of the holdout. A breach of a limit still takes it back.",
        ],
        send,
      };
    case "reject":
      return {
        title: "Reject this change",
        button: "Reject",
        isHarsh: true,
        consequences: () => [
          `${where}: not ${forwards.join(", ")}.`,
          "The suggestion is closed. The very same values are neither tried nor suggested again in this context, until somebody resets the operation.",
        ],
        send,
      };
    case "rollback":
      return {
        title: "Roll this change back",
        button: "Roll back",
        isHarsh: true,
        consequences: () => [
          `${where}: ${backwards.join(", ")}.`,
          "The values before it return, except where a newer change has taken a parameter over. The values that are left are not tried again in this context.",
        ],
        send,
      };
  }
}

/** A person sets values for a context. */
export function override(operation: WireOperation, state: WireOperationContext): ActOrder {
  const { specification } = operation;
  const { context, parameters: inForce } = state;
  const fields: Field[] = Object.entries(specification.parameters).map(([name, space]) => {
    const keep = { value: "", label: `keep what is in force (${valueText(inForce[name])})` };
    if (space.type === "choice" || space.type === "boolean") {
      const values = space.type === "choice" ? space.choices : ["true", "false"];
      return {
        name: `value:${name}`,
        label: name,
        choices: [keep, ...values.map((value) => ({ value: `=${value}`, label: value }))],
      };
    }
    return {
      name: `value:${name}`,
      label: name,
      type: "number",
      min: space.min,
      max: space.max,
      step: space.type === "integer" ? 1 : "any",
      hint: `${space.min} to ${space.max}${space.step === undefined ? "" : ` in steps of ${space.step}`}; empty keeps what is in force (${valueText(inForce[name])}).`,
    };
  });
  const valuesOf = (filled: Filled): Record<string, string | number | boolean> =>
    Object.fromEntries(
      Object.entries(specification.parameters).flatMap(([name, { type }]): [string, string | number | boolean][] => {
        const text = filled[`value:${name}`] ?? "";
        if (text === "") return [];
        if (type === "choice") return [[name, text.slice(1)]];
        return [[name, type === "boolean" ? text === "=true" : Number(text)]];
      }),
    );
  const endOf = ({ until = "", end = "" }: Filled): number | undefined => {
    if (until === "") return undefined;
    return until === "at" ? Date.parse(end) : Date.now() + Number(until) * 1000;
  };
  return {
    title: `Override ${contextText(context)}`,
    button: "Override",
    fields: [
      ...fields,
      { name: "until", label: "Until", choices: ENDS },
      { name: "end", label: "End", type: "datetime-local", isShown: ({ until }) => until === "at" },
    ],
    problem: (filled) => {
      if (Object.keys(valuesOf(filled)).length === 0)
        return "Set at least one parameter; the others keep what is in force.";
      if (filled["until"] === "at" && Number.isNaN(endOf(filled))) return "Name the moment at which the override ends.";
      return undefined;
    },
    consequences: (filled) => {
      const values = valuesOf(filled);
      const end = endOf(filled);
      const isSet = Object.keys(values).length > 0;
      const lasts =
        end === undefined
          ? "until somebody releases it"
          : Number.isNaN(end)
            ? "until a moment that is not named yet"
            : `until ${moment(end, Date.now())}`;
      const isWhole = Object.keys(context).length === 0;
      const where = isWhole ? "every context" : `${contextText(context)} and in every context below it`;
      return [
        isSet ? `${valuesText(values)}: served in ${where}, ${lasts}.` : `Values to be served in ${where}, ${lasts}.`,
        `The holdout (${percent(specification.holdout)} of the calls) keeps the base values, so that the lift tells what the override is worth. Nothing automatic changes it; a breach of a limit is told and left to you.`,
      ];
    },
    send: (filled, origin) => {
      const end = endOf(filled);
      return {
        method: "PUT",
        path: apiPath(["v1", "overrides", operation.component, operation.operation], contextParameters(context)),
        body: {
          values: valuesOf(filled),
          ...(end === undefined ? {} : { until: new Date(end).toISOString() }),
          ...origin,
        },
      };
    },
  };
}

const ENDS: Field["choices"] = [
  { value: "", label: "somebody releases it" },
  { value: "3600", label: "in an hour" },
  { value: "14400", label: "in 4 hours" },
  { value: "86400", label: "tomorrow, at this time" },
  { value: "604800", label: "in a week, at this time" },
  { value: "at", label: "a moment that I name" },
];

/** A person ends an override. */
export function release(operation: WireOperation, standing: WirePeople["overrides"][number]): ActOrder {
  const { context, values } = standing;
  return {
    title: `Release the override of ${contextText(context)}`,
    button: "Release",
    consequences: () => [`${valuesText(values)} is not set any more.`, "What was in force before it is served again."],
    send: (_, origin) => ({
      method: "DELETE",
      path: apiPath(["v1", "overrides", operation.component, operation.operation], {
        ...contextParameters(context),
        ...origin,
      }),
    }),
  };
}

/** What concerns an operation as a whole. */
export type OperationVerb = "freeze" | "unfreeze" | "reset" | "reset/undo";

const OPERATION_ACTS: Readonly<Record<OperationVerb, Omit<ActOrder, "send">>> = {
  freeze: {
    title: "Freeze the operation",
    button: "Freeze",
    consequences: () => [
      "What is served stays exactly as it is, challengers too, until somebody unfreezes it.",
      "Calls go on being measured. A breach of a limit is told and left to you.",
    ],
  },
  unfreeze: {
    title: "Unfreeze the operation",
    button: "Unfreeze",
    consequences: () => ["The controller goes on from what is served now, in the mode that is configured."],
  },
  reset: {
    title: "Reset what was learnt",
    button: "Reset",
    isHarsh: true,
    consequences: () => [
      "What was learnt counts less, and comparisons begin anew. Values in force stay until new evidence speaks.",
      "Rejections are lifted: rejected values may be tried again. A reset can be undone for a week.",
    ],
  },
  "reset/undo": {
    title: "Undo the reset",
    button: "Undo the reset",
    consequences: () => [
      "What was learnt before the reset counts again, exactly as it was.",
      "Values that were changed since stay; a rollback takes them back.",
    ],
  },
};

/** A person's act on an operation as a whole. */
export function actOnOperation(
  { component, operation }: Pick<WireOperation, "component" | "operation">,
  verb: OperationVerb,
): ActOrder {
  const { consequences, title, ...act } = OPERATION_ACTS[verb];
  return {
    ...act,
    title: `${title}`,
    consequences: (filled) => [`${component}.${operation}`, ...consequences(filled)],
    send: (_, origin) => ({
      method: "POST",
      path: apiPath(["v1", "operations", component, operation, ...verb.split("/")]),
      body: origin,
    }),
  };
}

/** A person's word on a suggestion from feedback. */
export function decideSuggestion(
  { id, suggestion, entity, target }: WireSuggestion,
  verb: "accept" | "dismiss",
): ActOrder {
  const send: ActOrder["send"] = (_, origin) => ({
    method: "POST",
    path: apiPath(["v1", "suggestions", id, verb]),
    body: origin,
  });
  return verb === "accept"
    ? {
        title: "Accept this suggestion",
        button: "Accept",
        consequences: () => [
          `${entity}: ${suggestion}`,
          target === undefined
            ? "It is among the accepted suggestions."
            : `${target} finds it among the accepted suggestions.`,
        ],
        send,
      }
    : {
        title: "Dismiss this suggestion",
        button: "Dismiss",
        isHarsh: true,
        consequences: () => [`${entity}: ${suggestion}`, "It comes back only if as much is said anew."],
        send,
      };
}
