/** A list of the HTTP interface, one page at a time; which page is a part of the place. */
import { type ComponentChildren } from "preact";
import type { Console } from "./console.ts";
import { h } from "./element.ts";
import { link, whenRead } from "./parts.ts";
import { apiPath } from "./routes.ts";

/** What is listed. */
interface List<Item> {
  readonly path: readonly string[];
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly itemsOf: (page: unknown) => readonly Item[];
  /** The filter of the place that holds the cursor. */
  readonly pageFilter: string;
  readonly empty: string;
  readonly intervalSeconds?: number;
  readonly show: (items: readonly Item[]) => ComponentChildren;
}

/** The list, with the ways to older entries and back to the newest. */
export function pagedList<Item>(
  console: Console,
  { path, parameters, itemsOf, pageFilter, empty, intervalSeconds = 5, show }: List<Item>,
): ComponentChildren {
  const { place } = console;
  const cursor = place.filters[pageFilter];
  const reading = console.feed.read<{ readonly nextCursor?: string }>(
    apiPath(path, { ...parameters, cursor }),
    cursor === undefined ? intervalSeconds : 60, // what is older does not change any more
  );
  return whenRead(reading, (page) => {
    const items = itemsOf(page);
    const { nextCursor } = page;
    return [
      items.length === 0 ? h("p", { class: "empty" }, empty) : show(items),
      cursor === undefined && nextCursor === undefined
        ? null
        : h(
            "p",
            { class: "pages" },
            cursor === undefined ? null : link(place.path, "Newest", { ...place.filters, [pageFilter]: undefined }),
            nextCursor === undefined ? null : link(place.path, "Older", { ...place.filters, [pageFilter]: nextCursor }),
          ),
    ];
  });
}
