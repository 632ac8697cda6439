// The page: decides which of its faces to show. No fetching here.

import { ChartPanel } from "./components/chart-panel.tsx";
import { Header } from "./components/header.tsx";
import { Sidebar } from "./components/sidebar.tsx";
import { Problem } from "./components/states.tsx";
import { TokenPrompt } from "./components/token-prompt.tsx";
import { Welcome } from "./components/welcome.tsx";
import { refusal } from "./models/access.ts";
import { list, refresh, storeIsEmpty } from "./models/metrics.ts";
import { view } from "./models/page.ts";

function Main() {
  if (view.value.metric !== undefined)
    return (
      <main>
        <ChartPanel />
      </main>
    );
  const known = list.value;
  if (known.kind === "failed")
    return (
      <main>
        <Problem title="No answer" message={known.message} onRetry={() => void refresh()} />
      </main>
    );
  return <main aria-busy={known.kind === "loading"} />;
}

export function App() {
  if (refusal.value !== undefined) return <TokenPrompt refused={refusal.value} />;
  if (storeIsEmpty.value && view.value.metric === undefined)
    return (
      <>
        <Header />
        <Welcome />
      </>
    );
  return (
    <>
      <Header />
      <div class="body">
        <Sidebar />
        <Main />
      </div>
    </>
  );
}
