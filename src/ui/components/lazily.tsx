// A component whose code is loaded when it is first shown; until then, and when it cannot be loaded,
// something else stands in its place.

import { useSignal } from "@preact/signals";
import type { ComponentChildren, FunctionComponent } from "preact";
import { useEffect } from "preact/hooks";
import { NoAnswer } from "./states.tsx";

/** `waiting` is shown while the code is on its way. */
export function lazily<P extends object>(
  load: () => Promise<FunctionComponent<P>>,
  waiting: ComponentChildren = null,
): FunctionComponent<P> {
  let loaded: FunctionComponent<P> | undefined;
  return function Lazily(props: P) {
    const state = useSignal<"waiting" | "failed" | "ready">("waiting");
    const start = async (): Promise<void> => {
      state.value = "waiting";
      try {
        loaded ??= await load();
        state.value = "ready";
      } catch {
        state.value = "failed";
      }
    };
    useEffect(() => void start(), []);
    // Read so that a change of it shows.
    const { value: now } = state;
    if (loaded !== undefined) {
      const Loaded = loaded;
      return <Loaded {...props} />;
    }
    if (now === "waiting") return <>{waiting}</>;
    return (
      <NoAnswer
        title="No connection"
        message="This part of the page could not be loaded: try again, or reload the page"
        onRetry={() => void start()}
      />
    );
  };
}
