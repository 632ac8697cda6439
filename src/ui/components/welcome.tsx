// The greeting of an empty store: how to send the first point, from a terminal or by a click. The
// page moves on by itself when a point lands.

import { useSignal } from "@preact/signals";
import { ask, messageOf } from "../api.ts";
import { copied, NOT_COPIED } from "../clipboard.ts";
import { curl } from "../curl.ts";
import { signedIn } from "../models/access.ts";
import { refresh } from "../models/metrics.ts";
import { AgentTabs } from "./agent-tabs.tsx";

const POINT = { name: "coffee.cups", value: 1 } as const;

export function Welcome() {
  const failed = useSignal("");
  const said = useSignal("Copy");
  const send = async (): Promise<void> => {
    try {
      await ask("/api/v1/points", { body: { ...POINT, name: "hello.minuet" } });
      failed.value = "";
      refresh();
    } catch (error) {
      failed.value = messageOf(error);
    }
  };
  const copy = async (): Promise<void> => {
    const done = signedIn.value === undefined ? "Copied" : "Copied; set MINUET_TOKEN";
    said.value = (await copied(curl("/api/v1/points", POINT))) ? done : NOT_COPIED;
  };
  return (
    <main class="middle" data-state="welcome">
      <div class="card wide-card">
        <h1>Nothing here yet. Send the first point:</h1>
        <div class="code">
          <pre tabIndex={0}>
            <code>{curl("/api/v1/points", POINT)}</code>
          </pre>
          <button type="button" class="button" onClick={() => void copy()}>
            {said}
          </button>
        </div>
        <p class="or">
          or{" "}
          <button type="button" class="button primary" onClick={() => void send()}>
            Send a test point
          </button>
        </p>
        {failed.value !== "" && <p role="alert">{failed.value}</p>}
        <p class="quiet">
          The chart appears as the point lands. Every other way in: <a href="/docs">HTTP API</a>.
        </p>
        <AgentTabs />
      </div>
    </main>
  );
}
