// Reads the bytes of a request body: bounded before and after decompression.

import { constants, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";
import type { Decompress } from "../../core/formats/format.ts";
import * as LIMITS from "../../core/limits.ts";
import { err, ok } from "../../core/result.ts";
import { quote } from "../../core/text.ts";
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
  const ending = new AbortController();
  const late = scheduler.wait(patienceMs, { signal: ending.signal }).then(() => {
    throw new TooSlow();
  });
  // It ends with this request; that it was not needed is no failure.
  late.catch(() => undefined);
  try {
    return await Promise.race([isDeclared ? request.bytes() : collect(request.body), late]);
  } catch (error) {
    if (error instanceof TooLarge) return tooLarge();
    if (error instanceof TooSlow)
      return fail({
        kind: "too_slow",
        message: `the body did not arrive within ${LIMITS.bodyMs / 1_000} s: send it in smaller parts`,
      });
    // Who sent it is gone: nobody reads the answer, and nothing is wrong here.
    const why = error instanceof Error ? error.message : String(error);
    return fail({ kind: "invalid_body", message: `the body ended early: ${why}` });
  } finally {
    ending.abort();
  }
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

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** zlib takes all members of a gzip file (RFC 1952), and zeros that pad it. */
const gunzip: Decompress = (bytes, most) =>
  attempt(() => {
    try {
      return ok(gunzipSync(bytes, { maxOutputLength: most }));
    } catch (error) {
      if (!isGzip(bytes) || !String(error).includes("incorrect header check")) throw error;
      return err({ message: "what follows its end is no gzip" });
    }
  });

/** `deflate` is the zlib format, but some clients send it without header and sum (RFC 9110, 8.4.1.2). */
const inflate: Decompress = (bytes, most) =>
  attempt(() => {
    const options = { maxOutputLength: most, info: true } as const;
    const { buffer, engine } = isZlib(bytes)
      ? inflateSync(bytes, options)
      : inflateRawSync(bytes, options);
    const left = bytes.length - engine.bytesWritten;
    return left === 0 ? ok(buffer) : err({ message: `${left} bytes follow its end` });
  });

/**
 * A frame at a time, since zlib ends with the first (RFC 8878 lets several follow one another). A frame
 * says how much memory it needs: no more than a body may have.
 */
const unzstd: Decompress = (bytes, most) =>
  attempt(() => {
    const params = { [constants.ZSTD_d_windowLogMax]: Math.log2(LIMITS.bodyBytes) };
    const frames: Uint8Array[] = [];
    let size = 0;
    for (let at = 0; at < bytes.length;) {
      const { buffer, engine } = zstdDecompressSync(bytes.subarray(at), {
        maxOutputLength: Math.max(1, most - size),
        params,
        info: true,
      });
      size += buffer.length;
      if (size > most) return err("too_large");
      frames.push(buffer);
      at += engine.bytesWritten;
    }
    return ok(frames.length === 1 ? frames[0]! : joined(frames, size));
  });

const COMMON: readonly (readonly [string, Decompress])[] = [
  ["gzip", gunzip],
  ["x-gzip", gunzip],
  ["deflate", inflate],
  ["zstd", unzstd],
];

function attempt(decompress: () => ReturnType<Decompress>): ReturnType<Decompress> {
  try {
    return decompress();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return err(/memory limit|buffer larger/i.test(message) ? "too_large" : { message });
  }
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The first byte names the method, and the first two are a multiple of 31 (RFC 1950). */
const isZlib = ([first = 0, second = 0]: Uint8Array): boolean =>
  (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
