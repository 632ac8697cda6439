// The lines that point one agent at this store. What is copied has the reader's own token; what is
// shown has not, since others may look on.

import { useSignal } from "@preact/signals";
import type { Agent } from "../agents.ts";
import { token } from "../models/access.ts";

/** Stands for the token; a store that has none takes anything. */
const SHOWN = "<API_TOKEN>";
const ANY = "any";

export function AgentLines({ agent }: { readonly agent: Agent }) {
  const copied = useSignal(false);
  const lines = (withToken: string): string =>
    agent.lines(location.origin, token.value === undefined ? ANY : withToken);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(lines(token.value ?? ANY));
    copied.value = true;
  };
  return (
    <div class="code">
      <pre tabIndex={0}>
        <code>{lines(SHOWN)}</code>
      </pre>
      <button type="button" class="button" onClick={() => void copy()}>
        {!copied.value ? "Copy" : token.value === undefined ? "Copied" : "Copied, with your token"}
      </button>
    </div>
  );
}
