/** What every store of declarations must keep. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Declaration, DeclarationStore } from "./declaration-store.ts";

/** A store, and how it is opened again and removed. */
export interface DeclarationStoreUnderTest {
  readonly declarations: DeclarationStore;
  /** Closes the store and opens what it has kept. Absent where nothing outlives the process. */
  reopen?(): Promise<DeclarationStore>;
  remove(): Promise<void>;
}

const BOUNDS = { operationsPerComponent: 2, components: 2 };

function declaration(component: string, operation: string, base = 0.7, declaredAt = 1_000): Declaration {
  const temperature = { type: "number", base, min: 0.5, max: 0.9 };
  return { component, operation, section: { context: ["genre"], parameters: { temperature } }, declaredAt };
}

/** Runs the suite against stores that `open` makes, each of them empty. */
export function describeDeclarationStore(name: string, open: () => Promise<DeclarationStoreUnderTest>): void {
  describe(`${name} keeps the contract of declarations`, () => {
    let opened: DeclarationStoreUnderTest;
    let declarations: DeclarationStore;
    beforeEach(async () => {
      opened = await open();
      declarations = opened.declarations;
    });
    afterEach(() => opened.remove());

    const restart = async (): Promise<void> => {
      if (opened.reopen !== undefined) declarations = await opened.reopen();
    };

    test("the newest declaration of an operation is kept, and survives", async () => {
      expect(await declarations.declare(declaration("shop", "buy"), BOUNDS)).toBe("added");
      expect(await declarations.declare(declaration("shop", "buy", 0.8, 2_000), BOUNDS)).toBe("changed");
      await restart();
      expect(await declarations.listDeclarations()).toEqual([declaration("shop", "buy", 0.8, 2_000)]);
    });

    test("the same again changes nothing, in whatever order its keys come", async () => {
      const first = declaration("shop", "buy");
      await declarations.declare(first, BOUNDS);
      const section = Object.fromEntries(Object.entries(first.section).reverse());
      expect(await declarations.declare({ ...first, section, declaredAt: 9_000 }, BOUNDS)).toBe("unchanged");
      expect((await declarations.listDeclarations())[0]?.declaredAt).toBe(1_000);
    });

    test("bounds hold for operations of a component and for components; what is known may still change", async () => {
      const declare = (component: string, operation: string, base?: number) =>
        declarations.declare(declaration(component, operation, base), BOUNDS);
      expect([
        await declare("shop", "a"),
        await declare("shop", "b"),
        await declare("shop", "c"),
        await declare("cart", "a"),
        await declare("mail", "a"),
        await declare("shop", "a", 0.6),
      ]).toEqual(["added", "added", "refused", "added", "refused", "changed"]);
      expect((await declarations.listDeclarations()).map((each) => `${each.component} ${each.operation}`)).toEqual([
        "cart a",
        "shop a",
        "shop b",
      ]);
    });

    test("one that is removed makes room", async () => {
      await declarations.declare(declaration("shop", "a"), BOUNDS);
      await declarations.declare(declaration("shop", "b"), BOUNDS);
      expect(await declarations.removeDeclaration({ component: "shop", operation: "a" })).toBe(true);
      expect(await declarations.removeDeclaration({ component: "shop", operation: "a" })).toBe(false);
      await restart();
      expect(await declarations.declare(declaration("shop", "c"), BOUNDS)).toBe("added");
    });
  });
}
