// Bytes to text, for every decoder of text: UTF-8 that is valid, without its byte order mark.

import { err, ok, type Result } from "../result.ts";
import type { BadBody } from "./format.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

export function decodeUtf8(bytes: Uint8Array): Result<string, BadBody> {
  try {
    return ok(utf8.decode(bytes));
  } catch {
    return err({ code: "invalid_utf8", message: "the body is not valid UTF-8" });
  }
}
