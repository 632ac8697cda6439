// Reads the bytes of a request body: bounded before and after decompression.

import type { Decompress } from "../../core/formats/format.ts";
import * as LIMITS from "../../core/limits.ts";
import { fail } from "./failure.ts";

const ENCODINGS = ["gzip", "deflate"] as const;

/** How a format's bodies may be encoded, beside what all may. */
export interface Encodings {
  readonly encodings?: Readonly<Record<string, Decompress>>;
  /** That of a body that names none. */
  readonly encoding?: string;
}

/** @throws Failed with what is wrong. */
export async function readBody(
  request: Request,
  { encodings = {}, encoding: byDefault = "identity" }: Encodings,
): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > LIMITS.bodyBytes) tooLarge();
  const encoding =
    (request.headers.get("content-encoding") ?? "").trim().toLowerCase() || byDefault;
  if (encoding === "identity")
    return declared > 0 ? await request.bytes() : await collect(request.body);
  if (Object.hasOwn(encodings, encoding)) {
    const plain = encodings[encoding]!(await collect(request.body), LIMITS.bodyBytes);
    if (plain.ok) return plain.value;
    return plain.error === "too_large" ? tooLarge() : invalid(encoding, plain.error.message);
  }
  const known = ENCODINGS.find((name) => name === encoding);
  if (known === undefined)
    return fail({
      kind: "unsupported_encoding",
      message: `Content-Encoding "${encoding}" is not one of ${[...ENCODINGS, ...Object.keys(encodings)].join(", ")}, identity`,
    });
  if (request.body === null) return new Uint8Array();
  const compressed = bounded(request.body);
  const plain = compressed.body.pipeThrough(new DecompressionStream(known));
  return await collect(plain, known, compressed.isOver);
}

const tooLarge = (): never =>
  fail({
    kind: "too_large",
    message: `the body is over ${LIMITS.bodyBytes} bytes (also after decompression): send it in parts`,
  });

const invalid = (encoding: string, why: string): never =>
  fail({ kind: "invalid_encoding", message: `the body is not ${encoding}: ${why}` });

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
      return invalid(
        encoding ?? "readable",
        error instanceof Error ? error.message : String(error),
      );
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
