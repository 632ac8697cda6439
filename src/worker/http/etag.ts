// Strong ETags: a repeated question whose answer is the same costs no transfer.

/** The response with an ETag of its body, or 304 when the request has that one already. */
export async function withEtag(
  request: Request,
  body: string,
  type: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const hash = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body)),
    0,
    12,
  );
  const etag = `"${[...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("")}"`;
  const headers = {
    ...more,
    "content-type": type,
    etag,
    // Late points may change any range: caches must ask, and are answered 304 without a body.
    "cache-control": "private, no-cache",
    vary: "authorization",
  };
  const known = (request.headers.get("if-none-match") ?? "").split(/ *, */);
  if (known.some((tag) => tag === "*" || tag.replace(/^W\//, "") === etag))
    return new Response(null, { status: 304, headers });
  return new Response(body, { headers });
}
