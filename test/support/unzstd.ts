// Undoes zstd for decoders, where no Worker does.

import { zstdDecompressSync } from "node:zlib";
import type { Decompress } from "../../src/core/formats/format.ts";
import { err, ok } from "../../src/core/result.ts";

export const unzstd: Decompress = (bytes, most) => {
  try {
    return ok(zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, most) }));
  } catch (error) {
    return err({ message: String(error) });
  }
};
