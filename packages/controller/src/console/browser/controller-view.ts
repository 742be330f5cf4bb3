/** The controller itself: is it ready, does it see its metric source, do its cycles run. */
import { type VNode } from "preact";
import type { Console } from "./console.ts";
import { h } from "./element.ts";
import { age, badge, cell, due, link, section, table, time, whenRead } from "./parts.ts";
import { duration, plural } from "./text.ts";
import type { WireHealth } from "./wire.ts";

/** The view. */
export function controllerView(console: Console): VNode {
  const reading = console.feed.read<WireHealth>("readyz", 5);
  const { now } = console;
  return h(
    "main",
    null,
    h("h1", null, "Controller"),
    whenRead(reading, ({ status, details }) => [
      h(
        "p",
        { class: "facts" },
        badge(status === "ready" ? "good" : "bad", status),
        details === undefined
          ? null
          : [h("span", null, `version ${details.version}`), h("span", null, "started ", age(details.startedAt, now))],
      ),
      details === undefined
        ? h("p", { class: "empty" }, "Only whoever may read sees more.")
        : [
            section(
              "This replica",
              h(
                "p",
                { class: "facts" },
                badge("plain", details.replica.role),
                h("span", null, details.replica.name),
                h("span", null, "since ", time(details.replica.since, now)),
                details.replica.role === "leader" || details.replica.leader === undefined
                  ? null
                  : h("span", null, `${details.replica.leader} leads`),
                details.replica.term === undefined ? null : h("span", null, `term ${details.replica.term}`),
                h("span", null, `store ${details.store.kind}`),
              ),
              details.replica.role === "follower"
                ? h(
                    "p",
                    { class: "quiet" },
                    "It serves like every other; the leader alone decides. What you do here is kept, and the leader decides on it.",
                  )
                : null,
              details.store.reachable
                ? null
                : h(
                    "p",
                    { class: "failure" },
                    `The store does not answer: ${details.store.problem ?? "no reason is told"}. What is served goes on.`,
                  ),
            ),
            section(
              "Metric source",
              h(
                "p",
                { class: "facts" },
                badge(
                  details.source.reachable ? "good" : "bad",
                  details.source.reachable ? "reachable" : "not reachable",
                ),
                h("span", null, details.source.kind),
                h("span", null, `scrape interval ${duration(details.source.scrapeIntervalSeconds)}`),
              ),
              details.source.reachable
                ? null
                : h(
                    "p",
                    { class: "failure" },
                    `${details.source.detail ?? "It does not answer."} What is served stays as it is, and learning goes on by itself when it is back.`,
                  ),
              details.source.targets.length === 0
                ? null
                : table(
                    ["Target", "State", "Last scrape"],
                    details.source.targets.map(({ target, up, problem, lastScrapeAt, hasOurSeries }) =>
                      h(
                        "tr",
                        { key: target },
                        cell("Target", target),
                        cell(
                          "State",
                          badge(up ? "good" : "bad", up ? "up" : "down"),
                          hasOurSeries === false ? badge("attention", "has no series of ours") : null,
                          problem === undefined ? "" : ` ${problem}`,
                        ),
                        cell("Last scrape", age(lastScrapeAt, now)),
                      ),
                    ),
                    { kind: "stacked", label: "Targets" },
                  ),
            ),
            section(
              "Cycles",
              table(
                ["Operation", "State", "Last cycle", "Next"],
                details.operations.map(
                  ({ component, operation, lastSuccessAt, failuresInARow, problem, nextCycleAt }) =>
                    h(
                      "tr",
                      { key: `${component}.${operation}` },
                      cell("Operation", link(["operations", component, operation], `${component}.${operation}`)),
                      cell(
                        "State",
                        failuresInARow === 0
                          ? badge("good", "runs")
                          : badge("bad", `${plural(failuresInARow, "failure")} in a row`),
                        problem === undefined ? "" : ` ${problem}`,
                      ),
                      cell("Last cycle", age(lastSuccessAt, now)),
                      cell("Next", due(nextCycleAt, now)),
                    ),
                ),
                { kind: "stacked", label: "Cycles" },
              ),
            ),
            section(
              "Addresses",
              h(
                "ul",
                { class: "plain" },
                [
                  ["openapi.json", "the whole HTTP interface"],
                  ["metrics", "the controller's own metrics; needs a token where tokens are configured"],
                  ["readyz", "this, for programs"],
                ].map(([address, says]) =>
                  h("li", { key: address }, h("a", { href: address }, `/${address}`), ` ${says}`),
                ),
              ),
            ),
            h("p", { class: "quiet" }, "The controller's clock: ", time(details.now, now)),
          ],
    ]),
  );
}
