/**
 * The organiser's logo: an SVG or PNG beside the event file, checked when the file is loaded. It is shown as an image, in
 * which no script runs; what could load or run something where it is opened by itself is refused all the same.
 */
import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Each visitor loads it. */
export const maxLogoBytes = 102_400;
const maxPixels = 4_096;

/** A file's name alone: it is deployed beside the event file. */
export const logoPattern = String.raw`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}\.(svg|png)$`;
export const logoRule =
  "the name of an SVG or PNG file beside the event file, such as logo.svg: letters, digits, dots, hyphens and underscores";

export interface Logo {
  readonly bytes: Buffer;
  readonly type: "svg" | "png";
}

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function pngError(bytes: Buffer): string | undefined {
  if (bytes.length < 33 || !bytes.subarray(0, 8).equals(pngSignature) || bytes.toString("latin1", 12, 16) !== "IHDR") {
    return "is no PNG image";
  }
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  if (width > 0 && height > 0 && width <= maxPixels && height <= maxPixels) return undefined;
  return `has ${width} × ${height} pixels, at most ${maxPixels} each way are allowed`;
}

/** Elements by any namespace prefix: what runs, embeds, or changes an attribute later. */
const refusedElement =
  /<(?:[\w.-]+:)?(script|handler|listener|foreignObject|iframe|embed|object|audio|video|link|animate\w*|set)(?=[\s/>])/i;
const refusedMarkup = /<!DOCTYPE|<!ENTITY|<\?xml-stylesheet/i;
const handler = /[\s"'/](on[a-z]+)\s*=\s*["']/i;
const reference = /(?:^|[\s"'/:])(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)')/gi;
const ownReference = /^\s*(?:#|data:image\/(?:png|jpeg|gif|webp);base64,)/i;
const styleReference = /url\((?!\s*["']?\s*#)|@import|image-set\(|\\/i;
const otherEncoding = /^\s*<\?xml[^>]*encoding\s*=\s*["'](?!utf-8["'])/i;

/** Strict rather than clever: a drawing program's "plain" or "optimised" SVG passes. */
function svgError(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return "is not UTF-8; save it as UTF-8";
  const text = bytes.toString().replace(/^\ufeff/, "");
  if (otherEncoding.test(text)) return "says that it is not UTF-8; save it as UTF-8";
  const drawing = text.replace(/<!--[^]*?-->/g, "");
  if (!/^\s*(?:<\?xml[^>]*>\s*)?<svg[\s>]/i.test(drawing)) return "is no SVG image: it has to begin with <svg";
  if (!/xmlns\s*=\s*["']http:\/\/www\.w3\.org\/2000\/svg["']/.test(drawing)) {
    return 'has no xmlns="http://www.w3.org/2000/svg", without which browsers do not show it';
  }
  const element = refusedElement.exec(text)?.[1];
  if (element !== undefined) return `has a <${element}>: only shapes and texts are allowed`;
  const markup = refusedMarkup.exec(text)?.[0];
  if (markup !== undefined) return `has a ${markup}, which is not allowed; save it as plain SVG`;
  const attribute = handler.exec(text)?.[1];
  if (attribute !== undefined) return `has the attribute ${attribute}, which runs a script`;
  for (const [, double, single] of text.matchAll(reference)) {
    const url = double ?? single ?? "";
    if (!ownReference.test(url)) return `refers to ${url.slice(0, 60)}: it has to hold everything itself`;
  }
  const style = text.replace(/"[^"]*data:image[^"]*"/gi, '""');
  return styleReference.test(style)
    ? "refers to something outside of it by url(…) or @import, or has a backslash"
    : undefined;
}

/**
 * @param eventFile path of the event file
 * @param name as it is written there, fitting `logoPattern`
 * @returns the image, or what is wrong with it
 */
export function readLogo(eventFile: string, name: string): Logo | { readonly error: string } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(dirname(eventFile), name));
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    return { error: `cannot be read (${code}): the file ${name} has to be beside the event file` };
  }
  if (bytes.length > maxLogoBytes) {
    return { error: `has ${bytes.length} bytes, at most ${maxLogoBytes} are allowed` };
  }
  const type = name.endsWith(".svg") ? "svg" : "png";
  const error = type === "svg" ? svgError(bytes) : pngError(bytes);
  return error === undefined ? { bytes, type } : { error };
}
