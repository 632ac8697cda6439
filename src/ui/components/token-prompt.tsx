// Asks for the token when the server wants one. The token goes to localStorage, never into an
// address.

import { useSignal } from "@preact/signals";
import { type Denial, denial, setToken, token, tokenIssue } from "../models/access.ts";

export function TokenPrompt({ refused }: { readonly refused: Denial }) {
  const typed = useSignal("");
  /** Why what was typed is not even tried. */
  const issue = useSignal<string | undefined>(undefined);
  return (
    <main class="middle" data-state="refused">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          const text = typed.value.trim();
          issue.value = refused.canAsk ? tokenIssue(text) : undefined;
          if (!refused.canAsk) denial.value = undefined;
          else if (issue.value === undefined) setToken(text);
        }}
      >
        <h1>{refused.canAsk ? "This store needs a token" : "This store is closed"}</h1>
        <p role="alert">{issue.value ?? `${refused.message}.`}</p>
        {refused.canAsk && (
          <input
            type="password"
            name="token"
            autocomplete="current-password"
            aria-label="Token"
            placeholder={token.value === undefined ? "API_TOKEN" : "Another token"}
            value={typed.value}
            onInput={(event) => (typed.value = event.currentTarget.value)}
            ref={(input) => input?.focus()}
          />
        )}
        <button type="submit" class="button primary">
          {refused.canAsk ? "Open" : "Try again"}
        </button>
        {refused.canAsk && <p class="quiet">It is kept in this browser only.</p>}
      </form>
    </main>
  );
}
