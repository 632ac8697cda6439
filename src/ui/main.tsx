// Starts the page: models first, then what shows them.

import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.tsx";
import { startClock } from "./models/clock.ts";
import { startLive } from "./models/live.ts";
import { startMetrics } from "./models/metrics.ts";
import { startHistory, view } from "./models/page.ts";
import { onLive, startReading } from "./models/reading.ts";
import { startTheme } from "./models/theme.ts";

startHistory();
startClock();
startTheme();
startMetrics();
startReading();
startLive(onLive);
effect(() => {
  const { metric } = view.value;
  document.title = metric === undefined ? "Minuet" : `${metric} · Minuet`;
});

const page = document.getElementById("page");
if (page !== null) render(<App />, page);
