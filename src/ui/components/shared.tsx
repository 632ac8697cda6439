// The page of who has a link to a view: its charts, and the range. Nothing is changed here.

import { linkSecret } from "../api.ts";
import { AddressNote } from "./address-note.tsx";
import { columns, panelCount } from "../models/page.ts";
import { loadShared, sharedView } from "../models/shared.ts";
import { Header } from "./header.tsx";
import { LinkEnded } from "./nothing.tsx";
import { Panels } from "./panels.tsx";
import { NoAnswer } from "./states.tsx";

export function Shared() {
  const now = sharedView.value;
  if (linkSecret === undefined) return <LinkEnded />;
  return (
    <>
      <Header />
      <main
        class={panelCount.value > 1 ? "panels several shared" : "panels shared"}
        data-columns={columns.value}
        aria-busy={now.kind === "loading"}
      >
        {now.kind === "failed" && (
          <NoAnswer title="No answer" message={now.message} onRetry={() => void loadShared()} />
        )}
        {now.kind === "ready" && (
          <div class="view-head">
            <h1>{now.name}</h1>
            {now.note !== "" && <p class="quiet">{now.note}</p>}
          </div>
        )}
        <AddressNote />
        <Panels />
      </main>
    </>
  );
}
