// Where a request may carry its token, as formats look for it.

import type { Carrier } from "../../core/formats/format.ts";

/** The address is taken apart only for formats that look there. */
export const carrierOf = (request: Request): Carrier => ({
  header: (name) => request.headers.get(name),
  parameter: (name) => parameterIn(request.url, name),
  password: () => basicPassword(request.headers.get("authorization") ?? ""),
});

/** Most addresses have no such parameter: a query is not taken apart to find that. */
function parameterIn(url: string, name: string): string | null {
  const query = url.indexOf("?");
  // A name may be written with escapes.
  if (query < 0 || !(url.includes(`${name}=`, query) || url.includes("%", query))) return null;
  return new URLSearchParams(url.slice(query)).get(name);
}

/** What stands behind the first colon (RFC 7617). */
function basicPassword(authorization: string): string | null {
  const encoded = /^Basic +(\S+) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) return null;
  try {
    const pair = atob(encoded);
    const colon = pair.indexOf(":");
    return colon < 0 ? null : pair.slice(colon + 1);
  } catch {
    return null;
  }
}
