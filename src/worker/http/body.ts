// Reads a request body as text: bounded before and after decompression, in UTF-8 that is valid.

import * as LIMITS from "../../core/limits.ts";
import { fail } from "./failure.ts";

const ENCODINGS = ["gzip", "deflate"] as const;

/** @throws Failed with what is wrong. */
export async function readBody(request: Request): Promise<string> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > LIMITS.bodyBytes) tooLarge();
  const encoding = (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  if (encoding === "identity" || encoding === "")
    return decodeUtf8(declared > 0 ? await request.bytes() : await collect(request.body));
  const known = ENCODINGS.find((name) => name === encoding);
  if (known === undefined)
    return fail({
      kind: "unsupported_encoding",
      message: `Content-Encoding "${encoding}" is not one of ${ENCODINGS.join(", ")}, identity`,
    });
  if (request.body === null) return "";
  const compressed = bounded(request.body);
  const plain = compressed.body.pipeThrough(new DecompressionStream(known));
  return decodeUtf8(await collect(plain, known, compressed.isOver));
}

const tooLarge = (): never =>
  fail({
    kind: "too_large",
    message: `the body is over ${LIMITS.bodyBytes} bytes (also after decompression): send it in parts`,
  });

/** The body up to the limit; a longer one ends there, and `isOver` tells. */
function bounded(body: ReadableStream<Uint8Array>): {
  readonly body: ReadableStream<Uint8Array>;
  readonly isOver: () => boolean;
} {
  let size = 0;
  const isOver = (): boolean => size > LIMITS.bodyBytes;
  const transform = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.length;
      if (isOver()) controller.terminate();
      else controller.enqueue(chunk);
    },
  });
  return { body: body.pipeThrough(transform), isOver };
}

async function collect(
  body: ReadableStream<Uint8Array> | null,
  encoding?: string,
  isOver: () => boolean = () => false,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      // What was cut off at the limit does not end as its encoding must.
      if (isOver()) return tooLarge();
      return fail({
        kind: "invalid_encoding",
        message: `the body is not ${encoding ?? "readable"}: ${error instanceof Error ? error.message : String(error)}`,
      });
    });
    if (done) break;
    size += value.length;
    if (size > LIMITS.bodyBytes) {
      void reader.cancel().catch(() => {});
      tooLarge();
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

function decodeUtf8(bytes: Uint8Array): string {
  if (bytes.length > LIMITS.bodyBytes) tooLarge();
  try {
    return utf8.decode(bytes);
  } catch {
    return fail({ kind: "invalid_utf8", message: "the body is not valid UTF-8" });
  }
}
