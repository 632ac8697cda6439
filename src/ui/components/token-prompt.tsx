// Asks for the token when the server wants one. It goes to the server once, for a cookie: never into an
// address, and nowhere that a script can read.

import { useSignal } from "@preact/signals";
import { type Denial, denial } from "../models/access.ts";
import { signIn } from "../models/sign-in.ts";

/** What the server says to who sent none is for programs. */
const saidOf = ({ message }: Denial): string =>
  message.startsWith("No token.")
    ? "Paste the one that you were given. Who runs the store has it, or makes you one under Tokens"
    : message;

export function TokenPrompt({ refused }: { readonly refused: Denial }) {
  const typed = useSignal("");
  const busy = useSignal(false);
  /** Why what was typed is not taken. */
  const issue = useSignal<string | undefined>(undefined);
  const submit = async (): Promise<void> => {
    if (!refused.canAsk) {
      denial.value = undefined;
      return;
    }
    if (busy.value) return;
    busy.value = true;
    issue.value = await signIn(typed.value.trim());
    busy.value = false;
  };
  return (
    <main class="middle" data-state="refused">
      <form
        class="card"
        aria-busy={busy.value}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h1>{refused.canAsk ? "This store needs a token" : "This store is closed"}</h1>
        <p role="alert">{`${issue.value ?? saidOf(refused)}.`.replace(/([.?])\.$/, "$1")}</p>
        {refused.canAsk && (
          <input
            type="password"
            name="token"
            autocomplete="current-password"
            aria-label="Token"
            placeholder="Paste the token here"
            value={typed.value}
            onInput={(event) => (typed.value = event.currentTarget.value)}
            ref={(input) => input?.focus()}
          />
        )}
        <button type="submit" class="button primary">
          {refused.canAsk ? "Open" : "Try again"}
        </button>
        {refused.canAsk && (
          <p class="quiet">This browser stays signed in for 30 days, by a cookie.</p>
        )}
      </form>
    </main>
  );
}
