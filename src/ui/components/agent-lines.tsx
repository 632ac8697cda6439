// The lines that point one agent at this store: with its token where one is known, else with a word for it.

import { useSignal } from "@preact/signals";
import type { Agent } from "../agents.ts";
import { signedIn } from "../models/access.ts";

/** Stands for the token; a store that has none takes anything. */
const SHOWN = "<TOKEN>";
const ANY = "any";

interface AgentLinesProps {
  readonly agent: Agent;
  /** A token that was just made; undefined: none is known here. */
  readonly token?: string | undefined;
}

export function AgentLines({ agent, token }: AgentLinesProps) {
  const copied = useSignal(false);
  const lines = agent.lines(location.origin, token ?? (signedIn.value === undefined ? ANY : SHOWN));
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
          : signedIn.value === undefined || token !== undefined
            ? "Copied"
            : `Copied; put its token for ${SHOWN}`}
      </button>
    </div>
  );
}
