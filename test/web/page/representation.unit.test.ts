import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { t } from "../../equipment/file-test.ts";
import { createRepresentation, isCurrent, selectEncoding } from "../../../web/page/representation.ts";

const text = "Grüße, ".repeat(500);
const representation = createRepresentation(text, "text/plain; charset=utf-8");

t.test("holds the same text in every encoding", async (t) => {
  t.equal(representation.body.toString(), text);
  t.equal(gunzipSync(representation.gzip).toString(), text);
  t.equal(brotliDecompressSync(representation.brotli).toString(), text);
});

t.test("sends the encoding that is wanted most, the smallest of those that are wanted alike", async (t) => {
  const encodingOf = (header: string | undefined) => selectEncoding(representation, header).contentEncoding;
  t.equal(encodingOf("gzip, deflate, br, zstd"), "br");
  t.equal(encodingOf("GZIP"), "gzip");
  t.equal(encodingOf("br;q=0, gzip;q=0.5"), "gzip");
  t.equal(encodingOf("br;q=0.000, gzip; q=0.0"), undefined);
  t.equal(encodingOf("br;q=0.1, gzip;q=0.5"), "gzip");
  t.equal(encodingOf("*"), "br");
  t.equal(encodingOf("identity"), undefined);
  t.equal(encodingOf("brr, xgzip"), undefined);
  t.equal(encodingOf(undefined), undefined);
});

t.test("tags each encoding differently, and each text", async (t) => {
  const tags = ["br", "gzip", ""].map((header) => selectEncoding(representation, header).etag);
  t.equal(new Set(tags).size, 3);
  for (const tag of tags) t.match(tag, /^"[\w-]+"$/);
  t.not(createRepresentation(`${text}.`, "text/plain").etag, representation.etag);
  t.equal(createRepresentation(text, "text/plain").etag, representation.etag);
});

t.test("knows when the client has it already", async (t) => {
  t.ok(isCurrent('"a"', '"a"'));
  t.ok(isCurrent('"b", W/"a"', '"a"'));
  t.ok(isCurrent("*", '"a"'));
  t.notOk(isCurrent('"b"', '"a"'));
  t.notOk(isCurrent('"a-br"', '"a"'));
  t.notOk(isCurrent(undefined, '"a"'));
});
