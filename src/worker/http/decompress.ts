// Undoes content encodings, bounded: no more than is asked for comes out, whatever the bytes say.

import { constants, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";
import type { Decompress } from "../../core/formats/format.ts";
import * as LIMITS from "../../core/limits.ts";
import { err, ok } from "../../core/result.ts";

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
export const unzstd: Decompress = (bytes, most) =>
  attempt(() => {
    const params = { [constants.ZSTD_d_windowLogMax]: Math.log2(LIMITS.bodyBytes) };
    const frames: Uint8Array[] = [];
    let size = 0;
    for (let at = 0; at < bytes.length;) {
      if (frames.length === LIMITS.zstdFrames)
        return err({ message: `more than ${LIMITS.zstdFrames} frames (limit zstdFrames)` });
      const { buffer, engine } = zstdDecompressSync(bytes.subarray(at), {
        maxOutputLength: Math.max(1, most - size),
        params,
        info: true,
      });
      size += buffer.length;
      if (size > most) return err("too_large");
      // What zlib gives may be a part of a buffer that is a thousand times as large.
      frames.push(buffer.length < buffer.buffer.byteLength / 2 ? new Uint8Array(buffer) : buffer);
      at += engine.bytesWritten;
    }
    return ok(frames.length === 1 ? frames[0]! : joined(frames, size));
  });

/** Encodings that every format takes. */
export const COMMON: readonly (readonly [string, Decompress])[] = [
  ["gzip", gunzip],
  ["x-gzip", gunzip],
  ["deflate", inflate],
  ["zstd", unzstd],
];

export function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

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
