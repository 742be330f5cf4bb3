/** A person's act: asks who and why, says what will change, sends it, and shows what came of it. */
import { type ComponentChildren, type VNode } from "preact";
import { type Answer, type Failure, request } from "./api.ts";
import { h } from "./element.ts";
import { button, failureBox } from "./parts.ts";
import { actorName, keepActorName } from "./session.ts";
import type { WireReason } from "./wire.ts";

/** One more thing to fill in. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint?: string | undefined;
  /** With choices a list to choose from; else a text or a number. */
  readonly choices?: readonly { readonly value: string; readonly label: string }[] | undefined;
  readonly type?: "text" | "number" | "datetime-local" | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly step?: number | "any" | undefined;
  readonly initial?: string | undefined;
  /** Is it of use, by what is filled in elsewhere? */
  readonly isShown?: ((filled: Filled) => boolean) | undefined;
}

/** What was filled in, by field. */
export type Filled = Readonly<Record<string, string>>;

/** What a person is about to do. */
export interface ActOrder {
  readonly title: string;
  /** What will change, in sentences, by what is filled in. */
  readonly consequences: (filled: Filled) => readonly string[];
  readonly fields?: readonly Field[] | undefined;
  /** What is missing or wrong, before anything is sent; undefined where it is fine. */
  readonly problem?: ((filled: Filled) => string | undefined) | undefined;
  readonly button: string;
  /** Does it take something away? */
  readonly isHarsh?: boolean | undefined;
  /** The request, from what was filled in and from who and why. */
  readonly send: (
    filled: Filled,
    origin: { readonly why: string; readonly by?: string },
  ) => { readonly method: string; readonly path: string; readonly body?: unknown };
}

/** What the controller answers to an act, or to a decision on a suggestion. */
interface Taken {
  readonly status?: string;
  readonly outcome?: { readonly result: string; readonly reason: WireReason };
}

/** An act in the making. */
export interface OpenAct {
  readonly order: ActOrder;
  readonly filled: Filled;
  readonly isSending: boolean;
  readonly problem?: string | undefined;
  readonly failure?: Failure | undefined;
  /** What came of it, once it was sent. */
  readonly outcome?:
    | { readonly title: string; readonly reason?: WireReason | undefined; readonly isWaiting: boolean }
    | undefined;
}

/** Begins an act. */
export function openAct(order: ActOrder): OpenAct {
  const own = Object.fromEntries((order.fields ?? []).map(({ name, initial = "" }) => [name, initial]));
  return { order, filled: { by: actorName(), why: "", ...own }, isSending: false };
}

/** What the dialog needs of the page around it. */
interface Surroundings {
  readonly set: (act: OpenAct | undefined) => void;
  /** The act as it is now: answers come later than the drawing that asked. */
  readonly current: () => OpenAct | undefined;
  /** Asks anew for everything that is shown. */
  readonly onDone: () => void;
}

/** The dialog. */
export function actDialog(act: OpenAct, around: Surroundings): VNode {
  const { order, filled, isSending, outcome } = act;
  const close = (): void => around.set(undefined);
  return h(
    "dialog",
    {
      key: "act",
      class: "act",
      "aria-labelledby": "act-title",
      ref: showModal,
      onCancel: (event: Event) => {
        event.preventDefault();
        if (!isSending) close();
      },
    },
    h("h2", { id: "act-title" }, outcome?.title ?? order.title),
    outcome === undefined
      ? h(
          "form",
          {
            method: "dialog",
            onSubmit: (event: Event) => {
              event.preventDefault();
              void send(act, around);
            },
          },
          h(
            "div",
            { class: "consequences", "aria-live": "polite" },
            order.consequences(filled).map((sentence) => h("p", { key: sentence }, sentence)),
          ),
          (order.fields ?? [])
            .filter(({ isShown }) => isShown?.(filled) ?? true)
            .map((field) => fieldOf(field, act, around)),
          fieldOf(WHY, act, around),
          fieldOf(BY, act, around),
          act.problem === undefined ? null : h("p", { class: "failure", role: "alert" }, act.problem),
          act.failure === undefined ? null : actFailure(act.failure),
          h(
            "div",
            { class: "buttons" },
            button("Cancel", close, { disabled: isSending }),
            h(
              "button",
              { type: "submit", class: order.isHarsh === true ? "harsh" : "main", disabled: isSending },
              isSending ? "Sending …" : order.button,
            ),
          ),
        )
      : h(
          "div",
          { role: "status" },
          outcome.reason === undefined
            ? null
            : h("p", null, outcome.reason.sentence, " ", h("code", null, outcome.reason.code)),
          outcome.isWaiting
            ? h("p", null, "It is kept and survives a restart; the audit shows what comes of it.")
            : null,
          h("div", { class: "buttons" }, button("Close", close, { kind: "main" })),
        ),
  );
}

const WHY: Field = { name: "why", label: "Why", hint: "For the audit, and for whoever reads the decision later." };
const BY: Field = { name: "by", label: "Your name", hint: "Optional; kept in this tab." };

function fieldOf(field: Field, act: OpenAct, around: Surroundings): VNode {
  const { name, label, hint, choices, type = "text", min, max, step } = field;
  const id = `act-${name}`;
  const onInput = (event: Event): void => {
    const { value } = event.currentTarget as HTMLInputElement | HTMLSelectElement;
    const current = around.current() ?? act;
    around.set({ ...current, filled: { ...current.filled, [name]: value }, problem: undefined });
  };
  const value = act.filled[name] ?? "";
  const common = {
    id,
    name,
    value,
    onInput,
    disabled: act.isSending,
    "aria-describedby": hint === undefined ? undefined : `${id}-hint`,
  };
  const input: ComponentChildren =
    name === "why"
      ? h("textarea", { ...common, rows: 2, maxLength: 1000, required: true, autofocus: true })
      : choices === undefined
        ? h("input", {
            ...common,
            type,
            min,
            max,
            step,
            maxLength: name === "by" ? 128 : undefined,
            autocomplete: "off",
          })
        : h(
            "select",
            common,
            choices.map((choice) => h("option", { key: choice.value, value: choice.value }, choice.label)),
          );
  return h(
    "div",
    { class: "field", key: name },
    h("label", { for: id }, label),
    input,
    hint === undefined ? null : h("small", { id: `${id}-hint` }, hint),
  );
}

/** A refusal has changed nothing, and says why; the other failures say what to do. */
function actFailure(failure: Failure): VNode {
  if (failure.kind === "unreachable")
    return h(
      "div",
      { class: "failure", role: "alert" },
      h("b", null, "Whether it was done is not known"),
      h("p", null, `The controller gave no answer: ${failure.detail}.`),
      h("p", { class: "remedy" }, "Look into the audit before you try again."),
    );
  return failureBox(failure);
}

async function send(act: OpenAct, around: Surroundings): Promise<void> {
  const { order, filled } = act;
  const why = filled["why"]?.trim() ?? "";
  const by = filled["by"]?.trim() ?? "";
  const problem = why === "" ? "Say why: it stands in the audit." : order.problem?.(filled);
  if (problem !== undefined) {
    around.set({ ...act, problem, failure: undefined });
    return;
  }
  keepActorName(by);
  around.set({ ...act, isSending: true, problem: undefined, failure: undefined });
  const { method, path, body } = order.send(filled, by === "" ? { why } : { why, by });
  const answer = await request<Taken>(path, body === undefined ? { method } : { method, body });
  around.onDone();
  const current = around.current();
  if (current === undefined) return;
  around.set(
    answer.kind === "failure"
      ? { ...current, isSending: false, failure: answer.failure }
      : { ...current, isSending: false, outcome: outcomeOf(answer) },
  );
}

function outcomeOf({ status, value }: Answer<Taken> & { kind: "value" }): NonNullable<OpenAct["outcome"]> {
  if (status === 202) return { title: "Kept; it waits for the operation's turn", isWaiting: true };
  if (value.outcome === undefined)
    return { title: value.status === undefined ? "Done" : `Done: ${value.status}`, isWaiting: false };
  return { title: "Done", reason: value.outcome.reason, isWaiting: false };
}

function showModal(dialog: HTMLDialogElement | null): void {
  if (dialog !== null && !dialog.open) dialog.showModal();
}
