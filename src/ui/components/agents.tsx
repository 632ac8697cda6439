// The part of /docs that says how agents of other systems send here.

import { AGENTS } from "../agents.ts";
import { AgentLines } from "./agent-lines.tsx";
import { Marked } from "./marked.tsx";

export const Agents = () => (
  <section class="operation" id="agents">
    <h2>
      <a href="#agents">What agents already speak</a>
    </h2>
    <p>
      Point an agent here, with the token where it sends one: <code>Bearer</code>,{" "}
      <code>Token</code>, the password of any user, <code>DD-API-KEY</code>. It is answered as it
      expects, errors too: of a request with bad items the others are stored, and the answer counts
      what is not. gzip, deflate and zstd are understood everywhere.
    </p>
    <p>
      A request that is sent again since no answer came counts once, where its points have a time of
      their own: it is known by its content, its sender and its address for a day.
    </p>
    {AGENTS.map((agent) => (
      <section key={agent.id} id={`agent-${agent.id}`} data-agent={agent.id}>
        <h3>
          {agent.name} <span class="quiet">· {agent.where}</span>
        </h3>
        <AgentLines agent={agent} />
        <p>
          <Marked text={agent.becomes} />
        </p>
      </section>
    ))}
  </section>
);
