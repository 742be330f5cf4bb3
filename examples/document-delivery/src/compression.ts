/**
 * The three compressions that Node has, behind one scale of levels.
 *
 * A level means the same effort class, not the same work: it is handed to the algorithm as it is. gzip takes 1 to 9 (zlib's whole
 * scale), brotli takes qualities 1 to 9 of its 0 to 11, and zstd takes levels 1 to 9 of its 1 to 22; what is left out is too
 * slow to compress while somebody waits.
 */
import { promisify } from "node:util";
import * as zlib from "node:zlib";

/** The choices of the parameter `algorithm`; also the names of the content codings, except brotli, whose coding is `br`. */
export const ALGORITHMS = ["gzip", "brotli", "zstd"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** The range of the parameter `level`. */
export const LEVELS = { min: 1, max: 9 } as const;

/** What a service that nobody has tuned does: zlib's own default. */
export const BASE = { algorithm: "gzip", level: 6 } as const;

/** The names in `Accept-Encoding` and `Content-Encoding`. */
export const CONTENT_CODINGS: Readonly<Record<Algorithm, string>> = { gzip: "gzip", brotli: "br", zstd: "zstd" };

const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT, ZSTD_c_compressionLevel } = zlib.constants;

const gzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gzip);
const gunzip = promisify<zlib.InputType, Buffer>(zlib.gunzip);
const brotliCompress = promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
const brotliDecompress = promisify<zlib.InputType, Buffer>(zlib.brotliDecompress);
const zstdCompress = promisify<zlib.InputType, zlib.ZstdOptions, Buffer>(zlib.zstdCompress);
const zstdDecompress = promisify<zlib.InputType, Buffer>(zlib.zstdDecompress);

/** Compresses on a thread of Node's pool; the caller's event loop stays free. */
export function compress(algorithm: Algorithm, level: number, body: Buffer): Promise<Buffer> {
  // One output chunk that holds everything makes it one piece of work for the pool, instead of a trip back for every 16 kB.
  const chunkSize = body.length + 1024;
  switch (algorithm) {
    case "gzip":
      return gzip(body, { level, chunkSize });
    case "brotli":
      return brotliCompress(body, {
        params: { [BROTLI_PARAM_QUALITY]: level, [BROTLI_PARAM_SIZE_HINT]: body.length },
        chunkSize,
      });
    case "zstd":
      return zstdCompress(body, {
        params: { [ZSTD_c_compressionLevel]: level },
        pledgedSrcSize: body.length,
        chunkSize,
      });
  }
}

/** The inverse of `compress`. */
export function decompress(algorithm: Algorithm, body: Buffer): Promise<Buffer> {
  switch (algorithm) {
    case "gzip":
      return gunzip(body);
    case "brotli":
      return brotliDecompress(body);
    case "zstd":
      return zstdDecompress(body);
  }
}

/** The share of a document that compression saved, 0 to 1; 0 where it grew. */
export function savedRatio(originalBytes: number, compressedBytes: number): number {
  return originalBytes === 0 ? 0 : Math.max(0, 1 - compressedBytes / originalBytes);
}
