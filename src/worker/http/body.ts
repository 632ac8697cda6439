// Reads the bytes of a request body: bounded before and after decompression.

import type { Decompress } from "../../core/formats/format.ts";
import * as LIMITS from "../../core/limits.ts";
import { quote } from "../../core/text.ts";
import { COMMON, joined } from "./decompress.ts";
import { fail } from "./failure.ts";

/** How a format's bodies may be encoded, beside what all may. */
export interface Encodings {
  readonly encodings?: Readonly<Record<string, Decompress>>;
  /** All others may not. */
  readonly onlyOwnEncodings?: true;
  /** That of a body that names none. */
  readonly encoding?: string;
}

/** `patienceMs`: how long it may take to arrive. @throws Failed with what is wrong. */
export async function readBody(
  request: Request,
  { encodings = {}, onlyOwnEncodings, encoding: byDefault = "identity" }: Encodings,
  patienceMs: number = LIMITS.bodyMs,
): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > LIMITS.bodyBytes) tooLarge();
  const encoding = encodingOf(request.headers.get("content-encoding"), byDefault);
  const known = new Map([...(onlyOwnEncodings ? [] : COMMON), ...Object.entries(encodings)]);
  const decompress = known.get(encoding);
  if (decompress === undefined && encoding !== "identity")
    return fail({
      kind: "unsupported_encoding",
      message: `Content-Encoding ${quote(encoding)} is not one of ${[...known.keys()].join(", ")}, identity`,
    });
  const bytes = await received(request, declared > 0, patienceMs);
  if (decompress === undefined || bytes.length === 0) return bytes;
  const plain = decompress(bytes, LIMITS.bodyBytes);
  if (plain.ok) return plain.value;
  if (plain.error === "too_large") return tooLarge();
  return fail({
    kind: "invalid_encoding",
    message: `the body is not ${encoding}: ${plain.error.message}`,
  });
}

/** One encoding, in lower case; those that change nothing do not count. */
function encodingOf(header: string | null, byDefault: string): string {
  if (header === null || header.trim() === "") return byDefault;
  const named = header
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
  if (named.length < 2) return named[0] ?? "identity";
  return fail({
    kind: "unsupported_encoding",
    message: `Content-Encoding ${quote(header)} names several: encode the body once`,
  });
}

const tooLarge = (): never =>
  fail({
    kind: "too_large",
    message: `the body is over ${LIMITS.bodyBytes} bytes (also after decompression): send it in parts`,
  });

/** The body as it comes, no more than the limit, and no longer than the patience. */
async function received(
  request: Request,
  isDeclared: boolean,
  patienceMs: number,
): Promise<Uint8Array> {
  try {
    return await within(isDeclared ? request.bytes() : collect(request.body), patienceMs);
  } catch (error) {
    return unreadable(error);
  }
}

/**
 * The parts of a body of any length as they come, each within the patience. One that is encoded comes as
 * a whole, and is bounded. @throws Failed with what is wrong.
 */
export async function* bodyParts(
  request: Request,
  encodings: Encodings,
  patienceMs: number = LIMITS.bodyMs,
): AsyncGenerator<Uint8Array, void> {
  const encoding = encodingOf(request.headers.get("content-encoding"), "identity");
  if (encoding !== "identity" || request.body === null) {
    yield await readBody(request, encodings, patienceMs);
    return;
  }
  const reader = request.body.getReader();
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), patienceMs).catch(unreadable);
      if (done) return;
      yield value;
    }
  } finally {
    // Of what nobody reads nothing need come.
    reader.cancel().catch(() => undefined);
  }
}

/** @throws TooSlow */
async function within<T>(work: Promise<T>, patienceMs: number): Promise<T> {
  // A timer, which costs a small body a tenth of what a wait does that a signal ends.
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooSlow()), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Says what is wrong with a body that did not come as it should. @throws Failed */
function unreadable(error: unknown): never {
  if (error instanceof TooLarge) return tooLarge();
  if (error instanceof TooSlow)
    return fail({
      kind: "too_slow",
      message: `the body did not arrive within ${LIMITS.bodyMs / 1_000} s: send it in smaller parts`,
    });
  // Who sent it is gone: nobody reads the answer, and nothing is wrong here.
  const why = error instanceof Error ? error.message : String(error);
  return fail({ kind: "invalid_body", message: `the body ended early: ${why}` });
}

class TooLarge extends Error {}
class TooSlow extends Error {}

async function collect(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > LIMITS.bodyBytes) throw new TooLarge();
    chunks.push(chunk);
  }
  return joined(chunks, size);
}
