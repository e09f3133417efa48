/**
 * Runs at the edge before the cache, for every path that has no behaviour of its own: lets the event page through and
 * answers everything else there, so that neither a scanner nor a stranger asking for /metrics reaches an instance.
 * It also reduces Accept-Language to languages in order of preference, so that a page is cached for each preference
 * and not for each browser's way to write it. CloudFront Functions take plain JavaScript with one `handler`.
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

/** What browsers and crawlers ask every site for by themselves, from web/routes/site-files.ts: the same in every language. */
var siteFiles = [
  "/favicon.ico",
  "/apple-touch-icon.png",
  "/apple-touch-icon-precomposed.png",
  "/robots.txt",
  "/.well-known/security.txt",
];

var mostLanguages = 4;

function preferences(header) {
  var ranges = header
    .slice(0, 200)
    .split(",")
    .map(function (range, index) {
      var parts = range.split(";");
      var weight = 1;
      parts.slice(1).forEach(function (parameter) {
        var match = /^\s*q\s*=\s*([0-9.]+)\s*$/i.exec(parameter);
        if (match) weight = Number(match[1]);
      });
      return { tag: parts[0].trim().toLowerCase().split("-")[0], weight: weight, index: index };
    })
    .filter(function (range) {
      return /^([a-z]{2,3}|\*)$/.test(range.tag) && range.weight > 0 && range.weight <= 1;
    })
    // oxlint-disable-next-line unicorn/no-array-sort -- CloudFront's runtime has no toSorted
    .sort(function (a, b) {
      return b.weight - a.weight || a.index - b.index;
    })
    .map(function (range) {
      return range.tag;
    });
  return ranges
    .filter(function (tag, index) {
      return ranges.indexOf(tag) === index;
    })
    .slice(0, mostLanguages)
    .join(",");
}

// eslint-disable-next-line no-unused-vars -- CloudFront calls it by its name
function handler(event) {
  var request = event.request;
  if (siteFiles.indexOf(request.uri) >= 0) {
    delete request.headers["accept-language"];
    return request;
  }
  if (request.uri !== "/") return notFound;
  var language = request.headers["accept-language"];
  var preferred = language ? preferences(language.value) : "";
  if (preferred) language.value = preferred;
  else delete request.headers["accept-language"];
  return request;
}
