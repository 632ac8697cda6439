// Whether a request that a browser sent comes from the store's own page. Pure.

/** That of an origin; "" when it has none, as the `null` of a sandbox. */
export const hostOf = (origin: string): string =>
  URL.canParse(origin) ? new URL(origin).host : "";

/** Whether the page that sends it is one of the store's. Programs send no Origin: of theirs, undefined. */
export function isOwnPage(request: Request): boolean | undefined {
  const origin = request.headers.get("origin");
  if (origin === null) return undefined;
  const { host, protocol } = new URL(request.url);
  // Who ends TLS may speak plain HTTP to the store: then only the host is the same.
  return hostOf(origin) === host && !(protocol === "https:" && origin.startsWith("http:"));
}

/** Whether it changes something, or opens what goes on for long. */
export const isLasting = ({ method, headers }: Request): boolean =>
  (method !== "GET" && method !== "HEAD") || headers.has("upgrade");
