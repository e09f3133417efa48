import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { t } from "../../equipment/file-test.ts";
import type { TurnoutError } from "../../../shared/errors.ts";
import { loadEvent, loadLogo, parseEvent } from "../../../shared/registration/event-definition.ts";
import { maxLogoBytes, readLogo } from "../../../shared/registration/logo.ts";

const namespace = 'xmlns="http://www.w3.org/2000/svg"';
const svg = (content: string, head = "") => `${head}<svg ${namespace} viewBox="0 0 10 10">${content}</svg>`;
const png = readFileSync(join(import.meta.dirname, "../../../web/page/assets/touch-icon.png"));
const event = {
  name: "Summit",
  description: "",
  opensAt: "2026-03-01T09:00:00Z",
  closesAt: "2026-04-01T18:00:00Z",
  timeZone: "UTC",
  fields: [],
};

const folder = t.testdir();
const eventFile = join(folder, "event.json");

/** @returns what is wrong with such a logo; undefined when nothing is */
function errorOf(content: string | Buffer, name = "logo.svg"): string | undefined {
  writeFileSync(join(folder, name), content);
  const logo = readLogo(eventFile, name);
  return "error" in logo ? logo.error : undefined;
}

t.test("a drawing that holds everything itself is taken, and so is a PNG image", async (t) => {
  const drawings = [
    svg('<path d="M0 0h10v10z" fill="url(#g)"/><linearGradient id="g"><stop/></linearGradient>'),
    svg(
      '<style>.a { fill: url( "#g" ) }</style><use href="#a"/><use xlink:href="#a"/>',
      '<?xml version="1.0" encoding="UTF-8"?>\n',
    ),
    svg("<title>Summit: one = two</title><text>data, set in type</text>", "<!-- made by hand -->\n"),
    svg(`<image href="data:image/png;base64,${png.toString("base64").slice(0, 400)}"/>`),
    readFileSync(join(import.meta.dirname, "../../../web/page/assets/icon.svg"), "utf8"),
  ];
  for (const drawing of drawings) t.equal(errorOf(drawing), undefined, drawing.slice(0, 120));
  t.equal(errorOf(png, "logo.png"), undefined);
});

t.test("what could run, load or embed something is refused, and named", async (t) => {
  const refused: [content: string, error: RegExp][] = [
    ["<script>alert(1)</script>", /<script>/],
    ["<x:script xmlns:x='http://www.w3.org/2000/svg'/>", /<script>/],
    ["<SCRIPT/>", /<SCRIPT>/],
    ['<rect onload="alert(1)"/>', /onload/],
    ["<rect\nonclick = 'x'/>", /onclick/],
    ["<foreignObject><p/></foreignObject>", /foreignObject/],
    ['<a href="javascript:alert(1)"/>', /javascript:alert/],
    ["<a href='&#106;avascript:alert(1)'/>", /refers to/],
    ['<image href="https://example.org/a.png"/>', /https:\/\/example\.org\/a\.png/],
    ['<image xlink:href="//example.org/a.png"/>', /example\.org/],
    ['<image href="data:image/svg+xml;base64,AAAA"/>', /refers to data:image\/svg/],
    ['<use href="other.svg#a"/>', /other\.svg/],
    ["<style>@import 'https://example.org';</style>", /@import/],
    ["<rect fill='url(https://example.org/#a)'/>", /url/],
    [String.raw`<style>a { fill: u\72l(https://example.org) }</style>`, /backslash/],
    ['<set attributeName="href" to="javascript:alert(1)"/>', /<set>/],
    ['<animate attributeName="href"/>', /<animate>/],
  ];
  for (const [content, error] of refused) t.match(errorOf(svg(content)), error, content);
  t.match(errorOf(svg("", '<!DOCTYPE svg [<!ENTITY a "b">]>')), /is no SVG|DOCTYPE/);
  t.match(errorOf(svg("", '<?xml version="1.0"?><?xml-stylesheet href="a.css"?>')), /.+/);
});

t.test("what is no image of its kind, or too large, is told as that", async (t) => {
  t.match(errorOf("<html></html>"), /has to begin with <svg/);
  t.match(errorOf('<svg viewBox="0 0 1 1"></svg>'), /xmlns/);
  t.match(errorOf(Buffer.from(svg("<text>é</text>"), "latin1")), /UTF-8/);
  t.match(errorOf(svg("", '<?xml version="1.0" encoding="utf-16"?>')), /UTF-8/);
  t.match(errorOf(svg(" ".repeat(maxLogoBytes))), /has 10\d{4} bytes, at most 102400/);
  t.match(errorOf(svg(""), "logo.png"), /no PNG/);
  const wide = Buffer.from(png);
  wide.writeUInt32BE(100_000, 16);
  t.match(errorOf(wide, "logo.png"), /100000 × \d+ pixels, at most 4096/);
  t.match(errorOf(png.subarray(0, 20), "logo.png"), /no PNG/);
});

t.test("the logo lies beside the event file, which is refused without it", async (t) => {
  const load = (logo: unknown) => {
    writeFileSync(eventFile, JSON.stringify({ ...event, logo }));
    return loadEvent(eventFile);
  };
  const errors = (logo: unknown) => {
    try {
      load(logo);
    } catch (error) {
      return (error as TurnoutError).validationErrors.map(({ pointer, detail }) => `${pointer} ${detail}`);
    }
    return [];
  };
  writeFileSync(join(folder, "mark.svg"), svg(""));
  writeFileSync(join(folder, "bad.svg"), svg("<script/>"));
  t.match(loadLogo(eventFile, load("mark.svg")), { type: "svg", bytes: Buffer.from(svg("")) });
  t.equal(loadLogo(eventFile, load(undefined)), undefined);
  t.match(errors("missing.png"), [/^\/logo cannot be read \(ENOENT\): the file missing\.png has to be beside/]);
  t.match(errors("bad.svg"), [/^\/logo has a <script>/]);
  for (const name of ["../logo.svg", "/etc/logo.svg", "logo.gif", ".svg", "a/b.svg", ""]) {
    t.match(errors(name), [/^\/logo must be the name of an SVG or PNG file/], name);
  }
});

t.test("colours are checked where the file is loaded", async (t) => {
  const errors = (changes: object) => {
    try {
      parseEvent({ ...event, ...changes });
    } catch (error) {
      return (error as TurnoutError).validationErrors.map(({ pointer, detail }) => `${pointer} ${detail}`);
    }
    return [];
  };
  t.same(errors({ accent: "#7A1F5C" }), []);
  t.same(errors({ accent: "#7a1f5c", accentDark: "#ffaadd" }), []);
  t.match(errors({ accent: "red" }), [/^\/accent must be a colour as #rrggbb/]);
  t.match(errors({ accent: "#ffcc00" }), [/^\/accent has a contrast of 1\.\d\d:1 on light pages.*4\.5:1/]);
  t.match(errors({ accent: "#7a1f5c", accentDark: "#7a1f5c" }), [/^\/accentDark has a contrast .* on dark pages/]);
  t.match(errors({ accentDark: "#ffaadd" }), [/^\/accentDark needs accent/]);
});
