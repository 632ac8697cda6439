// Strong ETags: a repeated question whose answer is the same costs no transfer.

const encoder = new TextEncoder();

/** The response with an ETag of its body, or 304 when the request has that one already. */
export async function withEtag(request: Request, body: string, type: string): Promise<Response> {
  const tag = new Tag();
  await tag.text(body);
  return tagged(request, await tag.done(), type, {}, () => body);
}

/** As `withEtag`, with a tag of what the body says; `body` is made only when it is sent. */
export function tagged(
  request: Request,
  etag: string,
  type: string,
  more: Readonly<Record<string, string>>,
  body: () => BodyInit,
): Response {
  const headers = {
    ...more,
    "content-type": type,
    etag,
    // Late points may change any range: caches must ask, and are answered 304 without a body.
    "cache-control": "private, no-cache",
    vary: "authorization, cookie",
  };
  const known = (request.headers.get("if-none-match") ?? "").split(/ *, */);
  if (known.some((tag) => tag === "*" || tag.replace(/^W\//, "") === etag))
    return new Response(null, { status: 304, headers });
  return new Response(body(), { headers });
}

/** Bytes that are digested at a time. */
const BLOCK = 65_536;

/** Makes an ETag of what it is told, bit by bit: a digest of blocks, each with that of those before. */
export class Tag {
  readonly #block = new Uint8Array(BLOCK);
  #length = 0;

  /** Two texts are not the same as one of both. */
  async text(text: string): Promise<void> {
    const bytes = encoder.encode(text);
    await this.bytes(new Uint8Array(new Uint32Array([bytes.length]).buffer));
    await this.bytes(bytes);
  }

  async bytes(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length;) {
      const part = bytes.subarray(from, from + BLOCK - this.#length);
      this.#block.set(part, this.#length);
      this.#length += part.length;
      from += part.length;
      if (this.#length === BLOCK) await this.#digest();
    }
  }

  async done(): Promise<string> {
    await this.#digest();
    const hash = this.#block.subarray(0, 12);
    return `"${[...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("")}"`;
  }

  async #digest(): Promise<void> {
    const hash = await crypto.subtle.digest("SHA-256", this.#block.subarray(0, this.#length));
    this.#block.set(new Uint8Array(hash));
    this.#length = hash.byteLength;
  }
}
