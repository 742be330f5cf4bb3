/** Elements of the page. Text always becomes text: there is no way through here from data to markup, or to an address elsewhere. */
import { type ComponentChildren, h as create, type VNode } from "preact";

/** Attributes, properties and handlers of an element; undefined and null are left out. */
export type Attributes = Readonly<Record<string, unknown>> | null;

/**
 * An element.
 *
 * @throws {TypeError} for markup in place of children, and for a link that leads out of the console.
 */
export function h(tag: string, attributes: Attributes, ...children: readonly ComponentChildren[]): VNode {
  const href = attributes?.["href"];
  if (attributes !== null && "dangerouslySetInnerHTML" in attributes)
    throw new TypeError("children are elements or text");
  if (typeof href === "string" && !/^(#|[a-z.]+$)/.test(href))
    throw new TypeError(`"${href}" leads out of the console`);
  return create(tag, attributes as Record<string, unknown> | null, ...children) as VNode;
}
