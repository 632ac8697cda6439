// The live feeds of the metrics on view, by metric, and how they fare. What a feed is: feed.ts.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Tail } from "./tail.ts";

/**
 * `waiting`: lost, and not tried again until `until` (local Unix ms); `behind`: since more came than
 * could be read.
 */
export type Connection =
  | { readonly kind: "off" | "connecting" | "live" }
  | { readonly kind: "waiting"; readonly until: number; readonly behind: boolean };

/** `behind`: /query knows something that the tail does not. */
export type Listener = (behind: boolean) => void;

/** What the live socket of a metric tells. */
export interface Feed {
  readonly connection: ReadonlySignal<Connection>;
  /** Time of the newest point that it told of, Unix ms. */
  readonly lastAt: ReadonlySignal<number>;
  /** The metric was removed, and no point of it has come since. */
  readonly removed: ReadonlySignal<boolean>;
  /** Undefined until the first message. */
  readonly tail: Tail | undefined;
  /** Returns what ends it. */
  listen(listener: Listener): () => void;
  /** Does not wait for the pause to end. */
  hurry(): void;
  close(): void;
}

/** Set by feed.ts alone. */
export const feeds = signal<ReadonlyMap<string, Feed>>(new Map());

export const feedOf = (metric: string): Feed | undefined => feeds.value.get(metric);

/** The worst of all: "live" is said only when everything is. */
export const connection: ReadonlySignal<Connection> = computed(() => {
  const all = [...feeds.value.values()].map((feed) => feed.connection.value);
  const worst = (["waiting", "connecting", "live"] as const)
    .map((kind) => all.find((one) => one.kind === kind))
    .find((one) => one !== undefined);
  return worst ?? { kind: "off" };
});

export const reconnect = (): void => {
  for (const feed of feeds.peek().values()) feed.hurry();
};
