/** The web console: a page that speaks only the public HTTP interface. This file holds its state and draws it. */
import { type ComponentChild, render, type VNode } from "preact";
import { actDialog, type OpenAct, openAct } from "./act-dialog.ts";
import { adaptationView } from "./adaptation-view.ts";
import { listenToChanges } from "./changes.ts";
import type { Console } from "./console.ts";
import { controllerView } from "./controller-view.ts";
import { h } from "./element.ts";
import { createFeed } from "./feed.ts";
import { auditView, awaitingView, decisionsView, suggestionsView } from "./list-views.ts";
import { operationView } from "./operation-view.ts";
import { operationsView } from "./operations-view.ts";
import { badge, button, failureBox, link } from "./parts.ts";
import { addressOf, placeOf } from "./routes.ts";
import { keepToken, token } from "./session.ts";
import { ago, moment, plural } from "./text.ts";
import type { WireHealth, WireOperationSummary } from "./wire.ts";

const feed = createFeed(() => schedule());

/** What a decision changes on a page; lists of decisions are long, and keep to their interval. */
const changes = listenToChanges(() => feed.hasten((path) => /^v1\/(operations|adaptations)/.test(path)));
let followed: string | undefined;

let act: OpenAct | undefined;
/** What had the focus when the dialog was opened: it gets it back. */
let opener: Element | null = null;
let copied: string | undefined;
let isScheduled = false;
let drawnPlace = "";

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  queueMicrotask(() => {
    isScheduled = false;
    draw();
  });
}

function draw(): void {
  const root = document.querySelector("#console");
  if (root === null) return;
  feed.begin();
  followed = undefined;
  render(page(consoleNow()), root);
  changes.follow(document.hidden ? undefined : followed);
  feed.tick();
}

function consoleNow(): Console {
  return {
    feed,
    place: placeOf(location.hash),
    now: Date.now(),
    width: document.documentElement.clientWidth,
    follow(component) {
      followed = component;
    },
    act(order) {
      opener = document.activeElement;
      setAct(openAct(order));
    },
    copy(text) {
      void copy(text);
    },
    copied,
    go(path, filters = {}) {
      const address = addressOf(path, filters);
      if (address !== location.hash) history.replaceState(null, "", address);
      schedule();
    },
  };
}

function setAct(next: OpenAct | undefined): void {
  const isClosing = act !== undefined && next === undefined;
  act = next;
  draw();
  if (isClosing && opener instanceof HTMLElement && opener.isConnected) opener.focus();
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https the clipboard is not offered: the text is selected, for the reader to copy.
    const code = [...document.querySelectorAll("pre")].find((each) => each.textContent === text);
    if (code !== undefined) getSelection()?.selectAllChildren(code);
    return;
  }
  copied = text;
  schedule();
  setTimeout(() => {
    copied = undefined;
    schedule();
  }, 2_000);
}

function page(console: Console): VNode {
  const tokenProblem = feed.tokenProblem();
  return h(
    "div",
    { class: "page" },
    h(
      "a",
      { class: "skip", href: location.hash === "" ? "#/" : location.hash, onClick: skipToContent },
      "Skip to the content",
    ),
    header(console),
    notice(console),
    tokenProblem !== undefined && token() === undefined
      ? tokenForm()
      : tokenProblem === undefined
        ? view(console)
        : [failureBox(tokenProblem), tokenForm()],
    act === undefined ? null : actDialog(act, { set: setAct, current: () => act, onDone: () => feed.refresh() }),
    h("div", { class: "spoken", role: "status" }, copied === undefined ? "" : "Copied"),
  );
}

function view(console: Console): VNode {
  const [first, second, third] = console.place.path;
  switch (first) {
    case undefined:
      return operationsView(console);
    case "operations":
      if (second !== undefined && third !== undefined) return operationView(console, second, third);
      break;
    case "decisions":
      if (second !== undefined && third !== undefined) return decisionsView(console, second, third);
      break;
    case "adaptations":
      if (second !== undefined) return adaptationView(console, second);
      break;
    case "awaiting":
      return awaitingView(console);
    case "suggestions":
      return suggestionsView(console);
    case "audit":
      return auditView(console);
    case "controller":
      return controllerView(console);
  }
  return h("main", null, h("h1", null, "There is nothing here"), h("p", null, link([], "Operations")));
}

function header(console: Console): VNode {
  const operations =
    feed.read<{ operations: readonly WireOperationSummary[] }>("v1/operations", 5).value?.operations ?? [];
  const awaiting = operations.reduce((sum, { standing }) => sum + standing.awaiting, 0);
  const [here = "operations"] = console.place.path;
  const item = (path: readonly string[], name: string, content: string, size = 0): VNode =>
    h(
      "a",
      {
        key: name,
        href: addressOf(path),
        "aria-current":
          here === name || (name === "operations" && ["adaptations", "decisions"].includes(here)) ? "page" : undefined,
      },
      content,
      size === 0 ? null : h("span", { class: "count" }, String(size)),
    );
  return h(
    "header",
    null,
    h(
      "a",
      { class: "name", href: "#/" },
      h("img", { src: "console/icon.svg", alt: "", width: 24, height: 24 }),
      "Trimtab",
    ),
    h(
      "nav",
      { "aria-label": "Views" },
      item([], "operations", "Operations"),
      item(["awaiting"], "awaiting", "Awaiting approval", awaiting),
      item(["suggestions"], "suggestions", "Suggestions"),
      item(["audit"], "audit", "Audit"),
    ),
    h("div", { class: "state" }, stateOf(), token() === undefined ? null : button("Forget the token", forgetToken)),
  );
}

/** Is the controller there, does it see its metric source, and who leads, where it says so. */
function stateOf(): ComponentChild {
  const health = feed.read<WireHealth>("readyz", 5).value;
  const details = health?.details;
  const state = (kind: Parameters<typeof badge>[0], text: string): VNode => link(["controller"], badge(kind, text));
  if (feed.unreachableSince() !== undefined) return state("bad", "no answer");
  if (health === undefined) return null;
  if (health.status !== "ready") return state("bad", health.status);
  if (details !== undefined && !details.source.reachable) return state("bad", "metric source away");
  if (details !== undefined && !details.store.reachable) return state("bad", "store away");
  const down = details?.source.targets.filter(({ up }) => !up).length ?? 0;
  if (down > 0) return state("attention", `${plural(down, "target")} down`);
  return state("good", details?.replica.role === "follower" ? "controller ready, follows" : "controller ready");
}

function notice({ now }: Console): ComponentChild {
  const since = feed.unreachableSince();
  if (since === undefined) return null;
  return h(
    "div",
    { class: "notice", role: "alert" },
    h("b", null, "The controller does not answer."),
    ` What you see is from ${moment(since, now)}, ${ago(since, now)}. Services keep what they were served. It is asked again every few seconds. `,
    button("Ask now", () => feed.refresh()),
  );
}

function tokenForm(): VNode {
  return h(
    "main",
    { class: "token" },
    h("h1", null, "A token is needed"),
    h(
      "p",
      null,
      "This controller asks for a token. With the role ",
      h("b", null, "read"),
      " you see everything; to approve, override or freeze it needs the role ",
      h("b", null, "operate"),
      ".",
    ),
    h(
      "form",
      { onSubmit: useToken },
      h("label", { for: "token" }, "Token"),
      h("input", {
        id: "token",
        name: "token",
        type: "password",
        required: true,
        autocomplete: "off",
        spellcheck: false,
      }),
      h("button", { type: "submit", class: "main" }, "Use it"),
    ),
    h("p", { class: "quiet" }, "It is kept in this tab until the tab is closed, and sent to this controller only."),
  );
}

function useToken(event: Event): void {
  event.preventDefault();
  const value = new FormData(event.currentTarget as HTMLFormElement).get("token");
  if (typeof value !== "string" || value.trim() === "") return;
  keepToken(value.trim());
  feed.clear();
  schedule();
}

function forgetToken(): void {
  keepToken(undefined);
  feed.clear();
  schedule();
}

function skipToContent(event: Event): void {
  event.preventDefault();
  const main = document.querySelector("main");
  main?.setAttribute("tabindex", "-1");
  main?.focus();
}

/** A new place begins at its top, and is told to whoever does not see it. */
function goToPlace(): void {
  draw();
  const { path } = placeOf(location.hash);
  const place = path.join("/");
  if (place === drawnPlace) return;
  drawnPlace = place;
  scrollTo(0, 0);
  document.title = path.length === 0 ? "Trimtab" : `${path.at(-1) ?? ""} · Trimtab`;
}

addEventListener("hashchange", goToPlace);
addEventListener("resize", schedule);
document.addEventListener("visibilitychange", schedule); // hidden, it stops listening; shown again, it asks for what is due
setInterval(() => {
  if (!document.hidden) schedule(); // ages grow, and what is due is asked for
}, 1_000);
goToPlace();
