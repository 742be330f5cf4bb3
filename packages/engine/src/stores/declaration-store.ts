/** The port to what services said of their operations in code: the newest declaration of each. */
import type { Json } from "@trimtab/conventions";
import type { OperationKey } from "./store.ts";

/** A declaration as it came; whoever reads it checks it. */
export interface Declaration extends OperationKey {
  /** The operation's section as a configuration file would have it. */
  readonly section: { readonly [key: string]: Json };
  /** When the content last changed, in milliseconds since 1970. */
  readonly declaredAt: number;
}

/** How many declarations are kept. */
export interface DeclarationBounds {
  readonly operationsPerComponent: number;
  readonly components: number;
}

/** What became of a declaration. `refused`: it would be one more than the bounds allow. */
export type DeclarationAddition = "added" | "changed" | "unchanged" | "refused";

/** Where declarations are kept. What a method has resolved for is on disk. */
export interface DeclarationStore {
  /** Keeps the newest declaration of an operation; the same content again changes nothing. */
  declare(declaration: Declaration, bounds: DeclarationBounds): Promise<DeclarationAddition>;
  /** All, sorted by component and operation. */
  listDeclarations(): Promise<readonly Declaration[]>;
  /** @returns Whether there was one. */
  removeDeclaration(key: OperationKey): Promise<boolean>;
}
