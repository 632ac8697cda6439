// Starts the page: models first, then what shows them.

import { effect } from "@preact/signals";
import { render } from "preact";
import { linkSecret } from "./api.ts";
import { App } from "./app.tsx";
import { startClock } from "./models/clock.ts";
import { startDrawer } from "./models/drawer.ts";
import { startMetrics } from "./models/metrics.ts";
import { startOffline } from "./models/offline.ts";
import { startHistory, view } from "./models/page.ts";
import { startReadings } from "./models/placed.ts";
import { startTheme } from "./models/theme.ts";
import { titleOf } from "./url.ts";

/** Without them, panels ask each minute. */
const loadFeeds = (): Promise<void> =>
  import("./models/feed.ts")
    .then(({ startFeeds }) => startFeeds())
    .catch(() => addEventListener("online", () => void loadFeeds(), { once: true }));

startHistory();
startClock();
startTheme();
startDrawer();
startOffline();
// The chart asks before the list does: it is what people wait for.
startReadings();
startMetrics();
void loadFeeds();
// A link answers its view's queries alone.
void import("./models/events.ts").then(
  ({ startEvents, startOverlay }) => {
    startOverlay();
    if (linkSecret === undefined) startEvents();
  },
  () => undefined,
);
if (linkSecret !== undefined)
  void import("./models/shared.ts").then(({ startShared }) => startShared());
effect(() => {
  const { panels, page } = view.value;
  const names = page === "store" ? ["Store"] : panels.map(titleOf);
  document.title = [...names, "Minuet"].join(" · ");
});

const page = document.getElementById("page");
if (page !== null) render(<App />, page);
