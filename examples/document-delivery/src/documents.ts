/**
 * The documents that the service delivers: real files of the installed packages, by content type.
 *
 *   json        a few hundred entries each of large JSON files: message catalogues, schemas, tables
 *   html        type declarations as pages of a code browser (installed packages hold hardly any HTML; see source-page.ts)
 *   javascript  the modules of one or a few packages, one after the other, as in a bundle
 *   text        the Markdown documentation of a few packages, one file after the other
 *   binary      source files in archives that were compressed with gzip once, before the service starts to serve
 *
 * The same install gives the same documents in the same order.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { type InstalledFile, listInstalledFiles } from "./installed-files.ts";
import { sourcePage } from "./source-page.ts";

/** The content types: the values of the context key `content_type`. */
export const DOCUMENT_TYPES = ["json", "html", "javascript", "text", "binary"] as const;
export type DocumentType = (typeof DOCUMENT_TYPES)[number];

/** One document. */
export interface SourceDocument {
  /** The file, or the first of the files, that it was made of. */
  readonly name: string;
  readonly body: Buffer;
}

/** The documents of each type. */
export type DocumentLibrary = Readonly<Record<DocumentType, readonly SourceDocument[]>>;

/** For the `Content-Type` header. */
export const MEDIA_TYPES: Readonly<Record<DocumentType, string>> = {
  json: "application/json",
  html: "text/html; charset=utf-8",
  javascript: "text/javascript; charset=utf-8",
  text: "text/markdown; charset=utf-8",
  binary: "application/gzip",
};

const DOCUMENTS_PER_TYPE = 16;

/** The fewest documents of one type that say something about the type. */
const FEWEST_DOCUMENTS = 10;

/** The installed packages do not hold enough documents of a type. Nothing can be served; a complete install mends it. */
export class TooFewDocumentsError extends Error {
  override readonly name = "TooFewDocumentsError";
  constructor(type: DocumentType, found: number) {
    super(
      `The installed packages give only ${found} documents of type "${type}", and at least ${FEWEST_DOCUMENTS} are needed. ` +
        `Is the install complete? Delete node_modules and run "npm start" again.`,
    );
  }
}

/**
 * Reads the documents; takes about a second.
 *
 * @throws {TooFewDocumentsError} when a type has too few.
 */
export function loadDocuments(files: readonly InstalledFile[] = listInstalledFiles(SOURCES)): DocumentLibrary {
  const archived = files.filter(isArchived);
  // Smaller ones where little is installed, as in a container.
  const archiveBytes = Math.min(
    700_000,
    archived.reduce((sum, { bytes }) => sum + bytes, 0) / (2 * DOCUMENTS_PER_TYPE),
  );
  const library: DocumentLibrary = {
    json: spread(files.filter(isJson).flatMap(jsonPages)),
    html: spread(files.filter(isDeclaration)).map(({ path, name }) => {
      return { name: `${name}.html`, body: Buffer.from(sourcePage(name, readFileSync(path, "utf8"))) };
    }),
    javascript: spread(joined(files.filter(isModule), 230_000)),
    text: spread(joined(files.filter(isMarkdown), 30_000)),
    binary: spread(joined(archived, archiveBytes)).map(({ name, body }) => {
      return { name: `${name}.gz`, body: gzipSync(body, { level: 6 }) };
    }),
  };
  for (const type of DOCUMENT_TYPES) {
    if (library[type].length < FEWEST_DOCUMENTS) throw new TooFewDocumentsError(type, library[type].length);
  }
  return library;
}

const SOURCES = /\.(json|[cm]?js|ts|mts|cts|md|markdown)$/i;

const isJson = (file: InstalledFile): boolean => file.name.endsWith(".json") && isBetween(file, 100_000, 1_500_000);
const isDeclaration = (file: InstalledFile): boolean =>
  /\.d\.[cm]?ts$/.test(file.name) && isBetween(file, 50_000, 95_000);
const isModule = (file: InstalledFile): boolean => /\.[cm]?js$/.test(file.name) && isBetween(file, 10_000, 100_000);
const isMarkdown = (file: InstalledFile): boolean =>
  /\.(md|markdown)$/i.test(file.name) && isBetween(file, 2000, 100_000);
const isArchived = (file: InstalledFile): boolean => /\.[cm]?js$/.test(file.name) && isBetween(file, 10_000, 300_000);

function isBetween(file: InstalledFile, fewestBytes: number, mostBytes: number): boolean {
  return file.bytes >= fewestBytes && file.bytes <= mostBytes;
}

/** Evenly chosen from the whole list, so that no one package stands for all. */
function spread<Item>(items: readonly Item[]): Item[] {
  if (items.length <= DOCUMENTS_PER_TYPE) return [...items];
  return items.filter((_, index) => {
    const step = items.length / DOCUMENTS_PER_TYPE;
    return Math.floor(index / step) !== Math.floor((index - 1) / step);
  });
}

/** A large JSON file in pages, as an API would serve it: whole entries of its top level, 80 kB of text or a little more each. */
function jsonPages({ path, name }: InstalledFile): SourceDocument[] {
  const content: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (typeof content !== "object" || content === null) return [];
  const pages: SourceDocument[] = [];
  let page: [string, unknown][] = [];
  let bytes = 0;
  for (const entry of Object.entries(content)) {
    page.push(entry);
    bytes += JSON.stringify(entry).length;
    if (bytes < 80_000) continue;
    const body = Buffer.from(
      JSON.stringify(Array.isArray(content) ? page.map(([, value]) => value) : Object.fromEntries(page)),
    );
    if (body.length <= 300_000) pages.push({ name: `${name}#${pages.length + 1}`, body });
    page = [];
    bytes = 0;
  }
  return pages;
}

/** Neighbouring files one after the other until they have this length; what is left over at the end is left out. */
function joined(files: readonly InstalledFile[], bytes: number): SourceDocument[] {
  const documents: SourceDocument[] = [];
  let parts: InstalledFile[] = [];
  for (const file of files) {
    parts.push(file);
    if (parts.reduce((sum, part) => sum + part.bytes, 0) < bytes) continue;
    documents.push({ name: parts[0]?.name ?? "", body: Buffer.concat(parts.map((part) => readFileSync(part.path))) });
    parts = [];
  }
  return documents;
}
