/**
 * The security headers that every HTML answer carries, and only HTML: an API reply has no use for them.
 */

/**
 * Nothing is loaded but our own files, nothing is embedded anywhere, and a form goes nowhere but home. No inline script
 * and no inline style: what an organiser or an attendee wrote could never run, even if it escaped its element.
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

export const pageHeaders = {
  "content-security-policy": contentSecurityPolicy,
  // The address of a status page is its key: no other site may learn it from a link that is followed.
  // A form's `Origin` is then the word null: see `web/http/form-origin.ts`.
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;
