/** Security headers of HTML answers; API replies do not need them. */

/**
 * Only our own files, no embedding, no foreign form targets, no inline script or style: even unescaped text from
 * organisers or attendees could not run.
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
  // A status page's address is its key, so it must not leak in a referrer. This makes a form's `Origin` null: see
  // `web/http/form-origin.ts`.
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;
