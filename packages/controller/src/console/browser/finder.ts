/** Narrows what a page lists to what holds a text. */
import type { VNode } from "preact";
import type { Console } from "./console.ts";
import { h } from "./element.ts";

/** The field; the text is a part of the place. */
export function finder({ place, go }: Console, wanted: string, shown: string): VNode {
  const onInput = (event: Event): void =>
    go(place.path, { ...place.filters, find: (event.currentTarget as HTMLInputElement).value });
  return h(
    "p",
    { class: "finder" },
    h("label", { for: "find" }, "Find"),
    h("input", { id: "find", type: "search", value: wanted, onInput }),
    h("span", { class: "quiet", role: "status" }, shown),
  );
}
