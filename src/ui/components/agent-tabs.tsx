// The greeting's other half: a tab for each agent that may be there already, with the lines that point it here,
// as /docs has them and tests run them. With the address of this store; the token is made when it is wanted,
// one that only writes, since the page does not know its own.

import { useSignal } from "@preact/signals";
import { AGENTS } from "../agents.ts";
import { signedIn } from "../models/access.ts";
import { create, created } from "../models/tokens.ts";
import { AgentLines } from "./agent-lines.tsx";
import { Marked } from "./marked.tsx";

/** Where a key leads from a tab. */
function movedTo(key: string, at: number): number | undefined {
  const last = AGENTS.length - 1;
  switch (key) {
    case "ArrowRight":
      return at === last ? 0 : at + 1;
    case "ArrowLeft":
      return at === 0 ? last : at - 1;
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}

export function AgentTabs() {
  const at = useSignal(0);
  const agent = AGENTS[at.value]!;
  const tab = ({ id, name }: (typeof AGENTS)[number], place: number) => (
    <button
      key={id}
      type="button"
      role="tab"
      id={`tab-${id}`}
      class="segment"
      aria-selected={place === at.value}
      aria-controls="agent-lines"
      tabIndex={place === at.value ? 0 : -1}
      onClick={() => (at.value = place)}
      onKeyDown={(event) => {
        const next = movedTo(event.key, place);
        if (next === undefined) return;
        event.preventDefault();
        at.value = next;
        document.getElementById(`tab-${AGENTS[next]!.id}`)?.focus();
      }}
    >
      {name}
    </button>
  );
  return (
    <section class="agents" aria-labelledby="agents-title">
      <h2 id="agents-title">Or point what you have at this store</h2>
      <div role="tablist" aria-labelledby="agents-title">
        {AGENTS.map(tab)}
      </div>
      <div id="agent-lines" role="tabpanel" aria-labelledby={`tab-${agent.id}`}>
        <p class="quiet">In {agent.where}:</p>
        <AgentLines key={agent.id} agent={agent} token={created.value?.token} />
        {signedIn.value !== undefined && <WritingToken />}
        <p class="quiet">
          <Marked text={agent.becomes} />
        </p>
      </div>
    </section>
  );
}

/** A token of its own for what only sends: it is said once, and then in the lines. */
function WritingToken() {
  const issue = useSignal<string | undefined>(undefined);
  const make = async (): Promise<void> => {
    const name = `Agents, ${new Date().toISOString().slice(0, 19)}`;
    issue.value = await create({ name, scope: "write", prefix: "", expiresAt: "" });
  };
  return (
    <p>
      {created.value === undefined ? (
        <button type="button" class="button" onClick={() => void make()}>
          Make a token that only stores points
        </button>
      ) : (
        <span role="status">
          The lines have the token “{created.value.name}”: it is shown now, and never again.{" "}
          <a href="/tokens">Tokens</a> revokes it.
        </span>
      )}
      {issue.value !== undefined && <span role="alert"> {issue.value}</span>}
    </p>
  );
}
