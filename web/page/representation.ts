/** A resource in three encodings, prepared once, and which of them answers a request. */
import { createHash } from "node:crypto";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { preferredEncoding } from "../http/negotiation.ts";

export interface Representation {
  readonly body: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
  /** Strong ETag of the uncompressed bytes, quotes included; `selectEncoding` derives those of the others. */
  readonly etag: string;
  readonly contentType: string;
}

/**
 * The hardest setting takes twenty times the time for a tenth fewer bytes, and a window larger than the content ten times:
 * half a second of every start, when an instance is wanted most.
 */
const brotliQuality = 9;
const brotliWindowBits = 16;

/** @returns the content in all encodings, compressed once, at the start */
export function createRepresentation(content: string | Buffer, contentType: string): Representation {
  const body = typeof content === "string" ? Buffer.from(content) : content;
  return {
    body,
    gzip: gzipSync(body, { level: constants.Z_BEST_COMPRESSION }),
    brotli: brotliCompressSync(body, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
        [constants.BROTLI_PARAM_LGWIN]: brotliWindowBits,
        [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
      },
    }),
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
    contentType,
  };
}

export interface Encoded {
  readonly bytes: Buffer;
  /** Absent for the uncompressed bytes. */
  readonly contentEncoding?: "br" | "gzip";
  /** Strong ETags name exact bytes (RFC 9110, 8.8.1), so each encoding needs its own. */
  readonly etag: string;
}

/**
 * @param acceptEncoding the request's header
 * @returns the bytes in the preferred encoding, the smallest among equals
 */
export function selectEncoding(representation: Representation, acceptEncoding: string | undefined): Encoded {
  const { body, gzip, brotli, etag } = representation;
  const tagged = (suffix: string) => `${etag.slice(0, -1)}-${suffix}"`;
  switch (acceptEncoding === undefined ? "identity" : preferredEncoding(acceptEncoding, ["br", "gzip", "identity"])) {
    case "br":
      return { bytes: brotli, contentEncoding: "br", etag: tagged("br") };
    case "gzip":
      return { bytes: gzip, contentEncoding: "gzip", etag: tagged("gz") };
    default:
      return { bytes: body, etag };
  }
}

/**
 * @param ifNoneMatch the request's header: `*` or ETags, weak ones included (RFC 9110, 13.1.2)
 * @returns whether the client has exactly these bytes
 */
export function isCurrent(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(",").some((entry) => {
    const tag = entry.trim();
    return tag === "*" || tag === etag || tag === `W/${etag}`;
  });
}
