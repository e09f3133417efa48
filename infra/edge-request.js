/**
 * Runs at the edge before the cache for all paths without their own behaviour: passes the event page on and answers
 * everything else, so that scanners and requests for /metrics never reach an instance. Reduces Accept-Language to the
 * page's language, since it is part of the cache key: one copy per language. The parameter of a link to another language
 * becomes that header as well: the origin never sees it. CloudFront Functions are plain JavaScript with a `handler`.
 */
var notFound = {
  statusCode: 404,
  statusDescription: "Not Found",
  headers: {
    "content-type": { value: "application/problem+json" },
    "cache-control": { value: "public, max-age=60" },
  },
  body: '{"type":"about:blank","title":"There is nothing at this address","status":404,"code":"TURNOUT_NOT_FOUND"}',
};

/** The page's languages, the first is the default: edge-request-code.ts puts those of the event here. */
var languages = ["en"];

/** Whether the whole event is in each of them, so that attendees can choose: from there as well. */
var hasChoice = false;

/** Well-known files from web/routes/site-files.ts: the same in every language. */
var siteFiles = [
  "/favicon.ico",
  "/apple-touch-icon.png",
  "/apple-touch-icon-precomposed.png",
  "/robots.txt",
  "/.well-known/security.txt",
];

/** With the organiser's texts. */
var calendar = "/event.ics";

/** Real headers are shorter, and CloudFront limits the run time. */
var maxHeaderLength = 1000;

/** How exactly a range matches a language: the most exact one counts, whatever its weight. */
function exactness(range, language) {
  if (range === language) return 2;
  if (range.split("-")[0] === language) return 1;
  return range === "*" ? 0 : -1;
}

/** RFC 9110, 12.5.4: the highest weight, the first named among equals. */
function preferred(header) {
  var best = languages.map(function () {
    return { exactness: -1, weight: 0, index: 0 };
  });
  header
    .slice(0, maxHeaderLength)
    .split(",")
    .forEach(function (text, index) {
      var range = /^\s*([a-z0-9-]+|\*)\s*(?:;\s*q\s*=\s*(0(?:\.\d*)?|1(?:\.0*)?)\s*)?$/i.exec(text);
      if (!range) return;
      var weight = range[2] === undefined ? 1 : Number(range[2]);
      languages.forEach(function (language, number) {
        var exact = exactness(range[1].toLowerCase(), language);
        if (exact < 0) return;
        if (exact > best[number].exactness || (exact === best[number].exactness && weight > best[number].weight)) {
          best[number] = { exactness: exact, weight: weight, index: index };
        }
      });
    });
  var chosen = { weight: 0 };
  best.forEach(function (one, number) {
    if (one.weight > chosen.weight || (one.weight === chosen.weight && one.weight > 0 && one.index < chosen.index)) {
      chosen = { language: languages[number], weight: one.weight, index: one.index };
    }
  });
  return chosen.language || languages[0];
}

// eslint-disable-next-line no-unused-vars -- CloudFront calls it by its name
function handler(event) {
  var request = event.request;
  if (siteFiles.indexOf(request.uri) >= 0 || (request.uri === calendar && !hasChoice)) {
    delete request.headers["accept-language"];
    return request;
  }
  if (request.uri !== "/" && request.uri !== calendar) return notFound;
  var header = request.headers["accept-language"];
  var linked = hasChoice && request.querystring && request.querystring.lang;
  var isKnown = linked && languages.indexOf(linked.value) >= 0;
  request.headers["accept-language"] = { value: isKnown ? linked.value : preferred(header ? header.value : "") };
  return request;
}
