// The page: decides which of its faces to show. No fetching here.

import { linkSecret } from "./api.ts";
import { Header } from "./components/header.tsx";
import { lazily } from "./components/lazily.tsx";
import { Panels } from "./components/panels.tsx";
import { Sidebar } from "./components/sidebar.tsx";
import { NoAnswer } from "./components/states.tsx";
import { denial } from "./models/access.ts";
import { covers } from "./models/drawer.ts";
import { list, refresh, storeIsEmpty } from "./models/metrics.ts";
import { columns, frame, isWrittenOtherwise, page, panelCount, view } from "./models/page.ts";
import { placed } from "./models/placed.ts";
import { sheet } from "./models/sheet.ts";

const LoadedHead = lazily(async () => (await import("./components/head.tsx")).Head);
/** What of the address cannot be read, and of a saved view its name. */
const Head = () => (isWrittenOtherwise() || view.value.saved ? <LoadedHead /> : null);

const Explore = () => {
  const panels = placed.value;
  const known = list.value;
  if (panels.length > 0)
    return (
      <main
        id="charts"
        tabIndex={-1}
        class={panels.length > 1 ? "panels several" : "panels"}
        data-columns={columns.value}
        inert={covers.value}
      >
        <h1 class="unseen">Metrics over time</h1>
        <Head />
        <Panels />
      </main>
    );
  return known.kind === "failed" ? (
    <main class="panels">
      <NoAnswer title="No answer" message={known.message} onRetry={refresh} />
    </main>
  ) : (
    <main class="panels" aria-busy={known.kind === "loading"}>
      <Head />
    </main>
  );
};

const NothingHere = lazily(async () => (await import("./components/nothing.tsx")).NothingHere);

const Embed = () => (
  <main
    class={panelCount.value > 1 ? "panels several embed" : "panels embed"}
    data-columns={columns.value}
    data-legend={frame.value.legend}
  >
    <Head />
    {panelCount.value === 0 && (linkSecret === undefined || list.value.kind === "ready") ? (
      <NothingHere />
    ) : (
      <Panels />
    )}
  </main>
);

const Welcome = lazily(async () => (await import("./components/welcome.tsx")).Welcome);
const Shared = lazily(async () => (await import("./components/shared.tsx")).Shared);
const LinkEnded = lazily(async () => (await import("./components/nothing.tsx")).LinkEnded);
const TokenPrompt = lazily(async () => (await import("./components/token-prompt.tsx")).TokenPrompt);
const Sheet = lazily(async () => (await import("./components/sheet.tsx")).Sheet);
const Store = lazily(async () => (await import("./components/store-page.ts")).loadStore());

export function App() {
  if (denial.value !== undefined)
    return linkSecret === undefined ? <TokenPrompt refused={denial.value} /> : <LinkEnded />;
  if (page.value === "embed") return <Embed />;
  if (page.value === "shared") return <Shared />;
  if (page.value === "store")
    return (
      <>
        <Header />
        <main>
          <Store />
        </main>
      </>
    );
  if (storeIsEmpty.value && panelCount.value === 0)
    return (
      <>
        <Header />
        <Welcome />
      </>
    );
  return (
    <>
      <a class="skip" href="#charts">
        Skip to the charts
      </a>
      <Header />
      <div class="body">
        <Sidebar />
        <Explore />
      </div>
      {sheet.value && <Sheet />}
    </>
  );
}
