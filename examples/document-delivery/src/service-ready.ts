import type { DocumentType } from "./documents.ts";

/** What the service tells the process that started it, once it listens. */
export interface ServiceReady {
  readonly url: string;
  /** By content type: how many documents, and their mean length in bytes. */
  readonly documents: Readonly<Record<DocumentType, { readonly count: number; readonly meanBytes: number }>>;
}
