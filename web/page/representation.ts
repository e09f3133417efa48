/**
 * A resource in the three encodings in which it travels, made once, and which of them a request is answered with.
 */
import { createHash } from "node:crypto";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { preferredEncoding } from "../http/negotiation.ts";

export interface Representation {
  readonly body: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
  /** Strong tag of the uncompressed bytes, quotes included; `selectEncoding` tells those of the other encodings. */
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
  /** A strong tag names exact bytes (RFC 9110, 8.8.1), so each encoding has one of its own. */
  readonly etag: string;
}

/**
 * @param acceptEncoding the request's header
 * @returns the bytes to send: in the encoding that is wanted most, the smallest where several are wanted alike
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
 * @param ifNoneMatch the request's header: `*`, or tags of which weak ones count as well (RFC 9110, 13.1.2)
 * @returns whether the client holds exactly what it would be sent
 */
export function isCurrent(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(",").some((entry) => {
    const tag = entry.trim();
    return tag === "*" || tag === etag || tag === `W/${etag}`;
  });
}
