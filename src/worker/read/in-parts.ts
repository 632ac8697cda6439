// Work on what a read has gathered, in turns, which may take more memory as it goes on.

import type { ReadError } from "../../core/query/read-error.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Share } from "../room.ts";

/** How others get their turn in between: as `Turns` does it. */
export interface Turning {
  isOver(done: number): boolean;
  next(): Promise<void>;
  rest(): void;
}

/** Runs it as `Turns.run` does; `hold` counts what is held after each part, and there is to be room for that. */
export async function inParts<T>(
  parts: Generator<number, T>,
  turns: Turning | undefined,
  share: Share | undefined,
  hold: () => void,
): Promise<Result<T, ReadError>> {
  try {
    for (;;) {
      const { done, value } = parts.next();
      hold();
      const waits = share?.settled();
      if (waits !== undefined) {
        turns?.rest();
        const full = await waits;
        if (full !== undefined) return err(full);
      }
      if (done === true) return ok(value);
      if (turns?.isOver(value) === true) await turns.next();
    }
  } finally {
    turns?.rest();
  }
}
