// The lines that point one agent at this store: with its token where one is known, else with a word for it.

import { useSignal } from "@preact/signals";
import type { Agent } from "../agents.ts";
import { copied, NOT_COPIED } from "../clipboard.ts";
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
  const said = useSignal("Copy");
  const lines = agent.lines(location.origin, token ?? (signedIn.value === undefined ? ANY : SHOWN));
  const copy = async (): Promise<void> => {
    const isPlain = signedIn.value === undefined || token !== undefined;
    const done = isPlain ? "Copied" : `Copied; put its token for ${SHOWN}`;
    said.value = (await copied(lines)) ? done : NOT_COPIED;
  };
  return (
    <div class="code">
      <pre tabIndex={0}>
        <code>{lines}</code>
      </pre>
      <button type="button" class="button" onClick={() => void copy()}>
        {said}
      </button>
    </div>
  );
}
