/**
 * Knows when what is served has changed, whatever the cause: a decision, the end of the time to explore, or another board after a
 * reload. Whoever keeps something that is made of the documents asks for the version; whoever must tell others listens.
 */
import type { AllocationBoard, ServedDocument } from "@trimtab/engine";

/** What is watched, and by which clock. */
export interface BoardWatchOptions {
  /** The board in force; another object after a reload. */
  readonly board: () => AllocationBoard;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Longer waits are cut into several: a timer of more than 31 bits would be over at once, and a machine may sleep. */
const LONGEST_WAIT_MILLISECONDS = 60_000;

/** One watch over the board. It waits for the end of the time to explore only while somebody listens. */
export class BoardWatch {
  readonly #board: () => AllocationBoard;
  readonly #now: () => number;
  readonly #listeners = new Set<(component: string | undefined) => void>();
  #attached: AllocationBoard | undefined;
  #detach: (() => void) | undefined;
  #version = 0;
  /** Infinite where nothing changes by itself. */
  #expiresAt = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor({ board, now }: BoardWatchOptions) {
    this.#board = board;
    this.#now = now;
  }

  /** The board in force, with everything that has expired brought up to date. */
  get board(): AllocationBoard {
    const board = this.#board();
    if (board !== this.#attached) this.#attach(board);
    else if (this.#now() >= this.#expiresAt) this.#refresh(board);
    return board;
  }

  /** Rises with every change of anything that is served. Read `board` first. */
  get version(): number {
    return this.#version;
  }

  /** The document of a component, as it is now. */
  document(component: string): ServedDocument | undefined {
    return this.board.document(component);
  }

  /**
   * Calls back with the component whose document is another one, or with undefined where everything may have changed, until the
   * returned function is called. The listener must not throw.
   */
  listen(listener: (component: string | undefined) => void): () => void {
    this.#listeners.add(listener);
    this.#wait(this.board);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) clearTimeout(this.#timer);
    };
  }

  /** Looks again at once: the board was replaced. */
  check(): void {
    void this.board;
  }

  #attach(board: AllocationBoard): void {
    this.#detach?.();
    this.#attached = board;
    this.#detach = board.subscribe(({ document }) => this.#changed(board, document.component));
    this.#changed(board, undefined);
  }

  /** Asking for a document renders it anew where it has expired, and so tells the listeners of the board. */
  #refresh(board: AllocationBoard): void {
    for (const component of board.components) board.document(component);
    this.#expire(board);
  }

  #changed(board: AllocationBoard, component: string | undefined): void {
    this.#version++;
    this.#expire(board);
    for (const listener of this.#listeners) listener(component);
  }

  #expire(board: AllocationBoard): void {
    let earliest = Number.POSITIVE_INFINITY;
    for (const component of board.components) {
      earliest = Math.min(earliest, board.expiresAt(component));
    }
    this.#expiresAt = earliest;
    this.#wait(board);
  }

  #wait(board: AllocationBoard): void {
    clearTimeout(this.#timer);
    if (this.#listeners.size === 0 || this.#expiresAt === Number.POSITIVE_INFINITY) return;
    const milliseconds = Math.min(Math.max(this.#expiresAt - this.#now(), 1), LONGEST_WAIT_MILLISECONDS);
    this.#timer = setTimeout(() => {
      if (board !== this.#attached) return;
      if (this.#now() >= this.#expiresAt) this.#refresh(board);
      else this.#wait(board);
    }, milliseconds).unref();
  }
}
