/** The calendar in a file: what is to be published and when, and what reactions to it will be credited with. */
import type { DatabaseSync } from "node:sqlite";
import { openStoreFile } from "@trimtab/example-artist-builder/store-file";
import type { Post } from "./content.ts";
import type { PlannedPost } from "./make-post.ts";

/** A reaction that comes later than so many posts is about nothing. */
const KEPT_POSTS = 20_000;

/** The calendar. One process has it at a time. */
export class Calendar {
  readonly #database: DatabaseSync;

  /** @param path Of the file; `:memory:` for a test. */
  constructor(path: string) {
    this.#database = openStoreFile(
      path,
      `
      CREATE TABLE IF NOT EXISTS posts (place INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, publish_at INTEGER NOT NULL, published INTEGER NOT NULL, post TEXT NOT NULL, handles TEXT NOT NULL) STRICT;
      CREATE INDEX IF NOT EXISTS due ON posts (publish_at) WHERE published = 0;
    `,
    );
  }

  add({ post, publishAt, handles }: PlannedPost): void {
    const { lastInsertRowid } = this.#database
      .prepare("INSERT INTO posts (id, publish_at, published, post, handles) VALUES (?, ?, 0, ?, ?)")
      .run(post.id, publishAt, JSON.stringify(post), JSON.stringify(handles));
    this.#database.prepare("DELETE FROM posts WHERE place <= ?").run(Number(lastInsertRowid) - KEPT_POSTS);
  }

  /** What is to be out by now and is not, the earliest first. @param now Milliseconds since 1970. */
  due(now: number, limit = 100): Post[] {
    return this.#database
      .prepare("SELECT post FROM posts WHERE published = 0 AND publish_at <= ? ORDER BY publish_at LIMIT ?")
      .all(now, limit)
      .map((row) => JSON.parse(String(row["post"])) as Post);
  }

  markPublished(id: string): void {
    this.#database.prepare("UPDATE posts SET published = 1 WHERE id = ?").run(id);
  }

  find(id: string): { readonly post: Post; readonly handles: PlannedPost["handles"] } | undefined {
    const row = this.#database.prepare("SELECT post, handles FROM posts WHERE id = ?").get(id);
    if (row === undefined) return undefined;
    return {
      post: JSON.parse(String(row["post"])) as Post,
      handles: JSON.parse(String(row["handles"])) as PlannedPost["handles"],
    };
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}
