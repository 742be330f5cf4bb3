/** What several views are made of. */
import { type ComponentChild, type ComponentChildren, type VNode } from "preact";
import { type Failure, failureText } from "./api.ts";
import type { Drawing } from "./chart.ts";
import { h } from "./element.ts";
import type { Reading } from "./feed.ts";
import { addressOf } from "./routes.ts";
import { ago, moment, percent, signed, valueText } from "./text.ts";
import type { WireInterval, WireReason, WireVariant } from "./wire.ts";

/** A chart on the page. */
export function drawn({ tag, attributes, children }: Drawing): VNode {
  return h(tag, { ...attributes }, ...children.map((child) => (typeof child === "string" ? child : drawn(child))));
}

/** A link to a place in the console. */
export function link(
  path: readonly string[],
  content: ComponentChildren,
  filters: Readonly<Record<string, string | undefined>> = {},
): VNode {
  return h("a", { href: addressOf(path, filters) }, content);
}

/** A short word about a state. The kind chooses its colour; the word itself says what it is. */
export function badge(kind: "plain" | "good" | "attention" | "bad", content: string, title?: string): VNode {
  return h("span", { class: `badge ${kind}`, title }, content);
}

/** A moment, with the whole of it in UTC for whoever rests on it. */
export function time(iso: string | undefined, now: number): ComponentChild {
  if (iso === undefined) return "–";
  return h("time", { dateTime: iso, title: iso }, moment(Date.parse(iso), now));
}

/** How long ago a moment was. */
export function age(iso: string | undefined, now: number): ComponentChild {
  if (iso === undefined) return "–";
  return h("time", { dateTime: iso, title: `${moment(Date.parse(iso), now)} (${iso})` }, ago(Date.parse(iso), now));
}

/** When something is to happen; what should have happened a moment ago is due. */
export function due(iso: string, now: number): ComponentChild {
  return Date.parse(iso) <= now ? "due" : age(iso, now);
}

/** An estimate and its interval: `+0.174 (+0.159 to +0.189)`. */
export function interval({ estimate, lower, upper, level }: WireInterval): VNode {
  const title = `interval at ${percent(level)}, valid however often it is read`;
  return h(
    "span",
    { class: "interval", title },
    h("b", null, signed(estimate)),
    ` (${signed(lower)} to ${signed(upper)})`,
  );
}

/** Why: the sentence, and the code that docs and metrics use. */
export function reason({ code, sentence }: WireReason): VNode {
  return h("span", { class: "reason" }, sentence, " ", h("code", null, code));
}

/** An old and a new value. */
export function change(parameter: string, from: unknown, to: unknown): VNode {
  return h(
    "span",
    { class: "change" },
    h("span", { class: "parameter" }, parameter),
    " ",
    h("span", { class: "value" }, valueText(from)),
    " → ",
    h("b", { class: "value" }, valueText(to)),
  );
}

/** The shares of the variants as a bar; the words stand beside it. */
export function shareBar(variants: readonly WireVariant[]): VNode {
  const words = variants.map(({ role, share }) => `${role} ${percent(share)}`).join(", ");
  return h(
    "svg",
    { class: "shares", viewBox: "0 0 100 8", preserveAspectRatio: "none", role: "img", "aria-label": words },
    variants.map(({ role, share, id }, index) => {
      const before = variants.slice(0, index).reduce((sum, each) => sum + each.share, 0);
      return h(
        "rect",
        { key: id + role, class: role, x: before * 100, y: 0, width: share * 100, height: 8 },
        h("title", null, `${role} ${percent(share)}`),
      );
    }),
  );
}

/** A button that does something. */
export function button(
  label: string,
  onClick: () => void,
  more: { readonly kind?: string; readonly label?: string; readonly disabled?: boolean; readonly title?: string } = {},
): VNode {
  const { kind = "plain", label: spoken, disabled, title } = more;
  return h("button", { type: "button", class: kind, onClick, disabled, title, "aria-label": spoken }, label);
}

/** What went wrong, and what to do. */
export function failureBox(failure: Failure): VNode {
  const { title, detail, remedy } = failureText(failure);
  const problems = failure.kind === "problem" ? (failure.problem.problems ?? []) : [];
  const id = failure.kind === "problem" ? failure.problem.requestId : "";
  return h(
    "div",
    { class: "failure", role: "alert" },
    h("b", null, title),
    h("p", null, detail),
    problems.length < 2
      ? null
      : h(
          "ul",
          null,
          problems.map(({ path, message }) => h("li", { key: path }, h("code", null, path), " ", message)),
        ),
    h("p", { class: "remedy" }, remedy),
    id === "" ? null : h("p", { class: "quiet" }, `Request ${id}`),
  );
}

/** What a view has while there is no value: that it is coming, or why it is not. With a value: the content, and a note where it is old. */
export function whenRead<Value>(
  reading: Reading<Value>,
  content: (value: Value) => ComponentChildren,
): ComponentChildren {
  const { value, failure } = reading;
  if (value !== undefined) return failure?.kind === "problem" ? [failureBox(failure), content(value)] : content(value);
  if (failure !== undefined) return failureBox(failure);
  return h("p", { class: "quiet", "aria-busy": "true" }, "Asking the controller …");
}

/** A table that can be scrolled sideways where the screen is narrow. */
export function table(
  heads: readonly string[],
  rows: readonly VNode[],
  more: { readonly kind?: string; readonly label: string },
): VNode {
  return h(
    "div",
    { class: "scroll", tabIndex: 0, role: "region", "aria-label": more.label },
    h(
      "table",
      { class: more.kind },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          heads.map((head) => h("th", { key: head, scope: "col" }, head)),
        ),
      ),
      h("tbody", null, rows),
    ),
  );
}

/** A cell; its head stands before it where the table is stacked. */
export function cell(head: string, ...content: ComponentChildren[]): VNode {
  return h("td", { "data-head": head }, ...content);
}

/** A part of a view under a heading. */
export function section(title: string, ...content: ComponentChildren[]): VNode {
  return h("section", null, h("h2", null, title), ...content);
}
