/** The security headers of every HTML page, of the web tier and of the console. */

/**
 * Only our own files are loaded, no page is framed, and forms go only to the same origin. Inline scripts and styles are
 * forbidden, so text from an attendee or organiser could not run even if it were not escaped.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const common = { "content-security-policy": contentSecurityPolicy, "x-content-type-options": "nosniff" } as const;

export const attendeePageHeaders = {
  ...common,
  // The URL of a status page is a secret: no other site may learn it from a link that is followed.
  // Forms are then sent with `Origin: null`: see `web/http/form-origin.ts`.
  "referrer-policy": "no-referrer",
} as const;

export const consolePageHeaders = {
  ...common,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // With no-referrer a browser would send our own forms with `Origin: null`.
  "referrer-policy": "same-origin",
  "x-frame-options": "DENY",
  // The console shows attendees' data, which must not stay on the operator's disk.
  "cache-control": "no-store",
} as const;
