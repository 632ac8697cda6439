// Many panels change at once, as the page zooms or answers come: they take turns, so that no frame is
// long. What a panel shows is of one moment all the same.

import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { useLayoutEffect, useMemo } from "preact/hooks";
import { forget, soon } from "../chart/frames.ts";

/** The value of a signal as of the last turn; what is urgent does not wait for one. */
export function usePaced<T>(
  source: ReadonlySignal<T>,
  isUrgent: (before: T, next: T) => boolean,
): T {
  const seen = useMemo(() => signal(source.peek()), [source]);
  useLayoutEffect(() => {
    const stop = effect(() => {
      const next = source.value;
      const show = (): void => {
        seen.value = next;
      };
      if (!isUrgent(seen.peek(), next)) soon(seen, show);
      else {
        forget(seen);
        show();
      }
    });
    return () => {
      stop();
      forget(seen);
    };
  }, [source]);
  return seen.value;
}
