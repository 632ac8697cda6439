// The lines that point one agent at this store, with a word in the place of its token.

import { useSignal } from "@preact/signals";
import type { Agent } from "../agents.ts";
import { signedIn } from "../models/access.ts";

/** Stands for the token; a store that has none takes anything. */
const SHOWN = "<TOKEN>";
const ANY = "any";

export function AgentLines({ agent }: { readonly agent: Agent }) {
  const copied = useSignal(false);
  const lines = agent.lines(location.origin, signedIn.value === undefined ? ANY : SHOWN);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(lines);
    copied.value = true;
  };
  return (
    <div class="code">
      <pre tabIndex={0}>
        <code>{lines}</code>
      </pre>
      <button type="button" class="button" onClick={() => void copy()}>
        {!copied.value
          ? "Copy"
          : signedIn.value === undefined
            ? "Copied"
            : `Copied; put its token for ${SHOWN}`}
      </button>
    </div>
  );
}
