// The page of tokens: who may use the store besides the administrator.

import { render } from "preact";
import { lazily } from "./components/lazily.tsx";
import { Created, NewToken } from "./components/new-token.tsx";
import { PageHeader } from "./components/page-header.tsx";
import { NoAnswer } from "./components/states.tsx";
import { TokenList } from "./components/token-list.tsx";
import { denial } from "./models/access.ts";
import { load, startTokens, tokens } from "./models/tokens.ts";

const TokenPrompt = lazily(async () => (await import("./components/token-prompt.tsx")).TokenPrompt);

function Tokens() {
  if (denial.value !== undefined) return <TokenPrompt refused={denial.value} />;
  const known = tokens.value;
  return (
    <>
      <PageHeader />
      <main>
        <section class="store" data-state={known.kind} aria-busy={known.kind === "loading"}>
          <div class="store-head">
            <h1>Tokens</h1>
            <p class="quiet">One for each agent and each reader: it can be revoked alone</p>
          </div>
          {known.kind === "failed" ? (
            <NoAnswer title="No answer" message={known.message} onRetry={() => void load()} />
          ) : (
            known.kind === "ready" && (
              <div class="store-cards">
                <NewToken />
                <Created />
                <TokenList tokens={known.tokens} />
              </div>
            )
          )}
        </section>
      </main>
    </>
  );
}

startTokens();

const page = document.getElementById("page");
if (page !== null) render(<Tokens />, page);
