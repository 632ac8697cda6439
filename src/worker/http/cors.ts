// What browsers are told of answers: which pages of other origins may ask here and read them (CORS: those
// of ALLOWED_ORIGINS, with a token and never by cookie), and what else they must and must not do.

/** What such pages may send: a token, a body and what says how to read it, and a key for repeats. */
const SENT = [
  "authorization",
  "content-encoding",
  "content-type",
  "dd-api-key",
  "idempotency-key",
  "if-none-match",
].join(", ");

/** What they may read besides the body. */
const SHOWN = [
  "date",
  "etag",
  "retry-after",
  "minuet-kept",
  "minuet-collapsed",
  "minuet-absent",
  "minuet-truncated",
  "minuet-unreadable",
].join(", ");

/** How long a browser keeps the answer to a preflight, s: Chromium takes no more. */
const PREFLIGHT_SEC = 7_200;

const HSTS = "max-age=31536000";

/** The origin of the page that asks, when it is one of those; undefined: it is none, or not one of them. */
export const allowedOrigin = (request: Request, allowed: readonly string[]): string | undefined =>
  allowed.find((origin) => origin === request.headers.get("origin"));

/** Whether a browser asks what a page of another origin may do. */
export const isPreflight = ({ method, headers }: Request): boolean =>
  method === "OPTIONS" && headers.has("origin") && headers.has("access-control-request-method");

/** The answer to a preflight of an allowed origin; `methods` is what the path knows. */
export const preflight = (methods: string): Response =>
  new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": methods,
      "access-control-allow-headers": SENT,
      "access-control-max-age": String(PREFLIGHT_SEC),
    },
  });

/** What every answer says, besides what its endpoint does. */
export function addHeaders(request: Request, headers: Headers, allowed: readonly string[]): void {
  headers.set("x-content-type-options", "nosniff");
  // No answer is a page: none of it runs, and none is framed.
  headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  if (request.url.startsWith("https:")) headers.set("strict-transport-security", HSTS);
  if (allowed.length === 0) return;
  headers.append("vary", "origin");
  const origin = allowedOrigin(request, allowed);
  if (origin === undefined) return;
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", SHOWN);
}
