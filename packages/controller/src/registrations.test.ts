import type { Declaration, DeclarationStore } from "@trimtab/engine";
import { createDeclarationStore, openSqliteDatabase, silentLog } from "@trimtab/engine";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createRegistrations, type Registrations } from "./registrations.ts";

const closing: (() => Promise<unknown>)[] = [];
let store: DeclarationStore;
/** What was in force after each time that something was taken over. */
let adopted: string[];
let registrations: Registrations;
beforeEach(async () => {
  vi.useFakeTimers({
    now: Date.UTC(2026, 10, 20),
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
  const database = await openSqliteDatabase(":memory:");
  closing.push(() => database.destroy());
  store = createDeclarationStore(database);
  adopted = [];
  registrations = createRegistrations({
    store,
    now: Date.now,
    log: silentLog,
    adopt: () => {
      adopted.push(
        registrations
          .all()
          .map(({ operation }) => operation)
          .join(" "),
      );
      return Promise.resolve();
    },
  });
});
afterEach(async () => {
  await registrations.stop();
  vi.useRealTimers();
  for (const close of closing.splice(0)) await close();
});

const key = (operation: string) => ({ component: "shop", operation });

test("the first comes into force at once; those that follow closely together, five seconds later", async () => {
  expect(await registrations.declare(key("a"), {}, true)).toEqual({ addition: "added", isInForce: true });
  expect(await registrations.declare(key("b"), {}, true)).toEqual({ addition: "added", isInForce: false });
  expect(await registrations.declare(key("c"), {}, true)).toEqual({ addition: "added", isInForce: false });
  expect(adopted).toEqual(["a"]);
  await vi.advanceTimersByTimeAsync(4_999);
  expect(adopted).toEqual(["a"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(adopted).toEqual(["a", "a b c"]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(adopted).toHaveLength(2);
});

test("the same again takes over nothing, and neither does what the file has", async () => {
  await registrations.declare(key("a"), {}, true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await registrations.declare(key("a"), {}, true)).toEqual({ addition: "unchanged", isInForce: true });
  expect(await registrations.declare(key("in-file"), {}, false)).toEqual({ addition: "added", isInForce: true });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(adopted).toEqual(["a"]);
});

test("what another replica took is seen, and taken over", async () => {
  registrations.start();
  const elsewhere: Declaration = { ...key("b"), section: {}, declaredAt: 1 };
  await store.declare(elsewhere, { operationsPerComponent: 9, components: 9 });
  await vi.advanceTimersByTimeAsync(5_000);
  await vi.waitFor(() => expect(adopted).toEqual(["b"]));
});

test("what is removed goes; after the stop nothing is taken over", async () => {
  await registrations.declare(key("a"), {}, true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await registrations.remove(key("a"))).toEqual({ wasThere: true, isInForce: true });
  expect(await registrations.remove(key("a"))).toEqual({ wasThere: false, isInForce: true });
  await registrations.declare(key("c"), {}, true);
  await registrations.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(adopted).toEqual(["a", ""]);
});
