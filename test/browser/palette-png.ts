/**
 * Makes a screenshot small enough to be kept in a repository: as a PNG of at most 256 colours, which is plenty for text on
 * paper. It reads what Chromium writes (8 bits per channel, not interlaced) and nothing else.
 */
import { crc32, deflateSync, inflateSync } from "node:zlib";

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const maxColours = 256;

interface Picture {
  readonly width: number;
  readonly height: number;
  /** 0xRRGGBB of each pixel, line by line. */
  readonly pixels: Uint32Array;
}

function* chunksOf(png: Buffer): Generator<{ type: string; data: Buffer }> {
  for (let at = signature.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    yield { type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) };
    at += length + 12;
  }
}

/** The Paeth predictor (PNG specification, 9.4). */
function paeth(left: number, up: number, upLeft: number): number {
  const guess = left + up - upLeft;
  const [toLeft, toUp, toUpLeft] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - upLeft)];
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}

/** @throws when it is a PNG of another kind */
export function readPng(png: Buffer): Picture {
  const chunks = signature.equals(png.subarray(0, signature.length)) ? [...chunksOf(png)] : [];
  const header = chunks.find(({ type }) => type === "IHDR")?.data;
  const channels = { 2: 3, 6: 4 }[header?.[9] ?? 0];
  if (!header || !channels || header[8] !== 8 || header[12] !== 0)
    throw new Error("This PNG is not one of Chromium's.");
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const raw = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data)));
  const stride = width * channels;
  const pixels = new Uint32Array(width * height);
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1) + 1;
    const filter = raw[start - 1];
    const line = new Uint8Array(raw.subarray(start, start + stride));
    for (let x = 0; x < stride; x++) {
      const left = x < channels ? 0 : line[x - channels]!;
      const up = above[x]!;
      const upLeft = x < channels ? 0 : above[x - channels]!;
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, upLeft)][filter ?? 0]!;
      line[x] = line[x]! + predicted;
    }
    for (let x = 0; x < width; x++) {
      const at = x * channels;
      pixels[y * width + x] = (line[at]! << 16) | (line[at + 1]! << 8) | line[at + 2]!;
    }
    above = line;
  }
  return { width, height, pixels };
}

function distance(one: number, other: number): number {
  const red = (one >> 16) - (other >> 16);
  const green = ((one >> 8) & 255) - ((other >> 8) & 255);
  const blue = (one & 255) - (other & 255);
  return red * red + green * green + blue * blue;
}

/** The most frequent colours, and for every other one the nearest of them. */
function paletteOf({ pixels }: Picture): { palette: number[]; indexOf: Map<number, number> } {
  const counts = new Map<number, number>();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const byCount = [...counts].toSorted(([, one], [, other]) => other - one).map(([colour]) => colour);
  const palette = byCount.slice(0, maxColours);
  const indexOf = new Map(palette.map((colour, index) => [colour, index]));
  for (const colour of byCount.slice(maxColours)) {
    let nearest = 0;
    for (let index = 1; index < palette.length; index++) {
      if (distance(colour, palette[index]!) < distance(colour, palette[nearest]!)) nearest = index;
    }
    indexOf.set(colour, nearest);
  }
  return { palette, indexOf };
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(4);
  frame.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([frame, body, check]);
}

/** @returns the same picture as a PNG with a palette */
export function toPalettePng(png: Buffer): Buffer {
  const picture = readPng(png);
  const { width, height, pixels } = picture;
  const { palette, indexOf } = paletteOf(picture);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const lines = Buffer.alloc(height * (width + 1));
  for (const [at, pixel] of pixels.entries()) lines[at + Math.floor(at / width) + 1] = indexOf.get(pixel)!;
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("PLTE", colours),
    chunk("IDAT", deflateSync(lines, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
