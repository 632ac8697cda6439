// The live feed of a metric: one socket, opened again with growing pauses when it is lost. It keeps the
// newest minutes and tells its listeners. Loaded behind the first question: a chart stands without it.

import { effect, signal } from "@preact/signals";
import type { LiveMessage, LiveMinutes } from "../../core/api.ts";
import { linkSecret } from "../api.ts";
import { denial, signedIn } from "./access.ts";
import { noteServerTime } from "./clock.ts";
import { type Connection, type Feed, feeds, type Listener, reconnect } from "./feeds.ts";
import { lookAnew } from "./metrics.ts";
import { view } from "./page.ts";
import { placed } from "./placed.ts";
import { Tail } from "./tail.ts";

const PING_EVERY = 30_000;
const PONG_WITHIN = 10_000;
/** The first message comes within this time, or the socket is tried anew, ms. */
const OPEN_WITHIN = 15_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** What the server says when it closes a socket that is read too slowly. */
const TOO_SLOW = 1013;
/** Pause after that, ms: coming back at once would only make it worse. */
const SLOW_PAUSE = 5_000;

/** The live socket of a metric. */
function openLive(metric: string): WebSocket {
  const url = new URL(`/api/v1/live?metric=${encodeURIComponent(metric)}`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return new WebSocket(url, linkSecret && ["minuet", `bearer.${btoa(linkSecret)}`]);
}

/** Pause before attempt `n` (0 is the first again), ms, without chance. */
const pauseBefore = (n: number): number => Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** n);

class Socket implements Feed {
  readonly connection = signal<Connection>({ kind: "connecting" });
  readonly lastAt = signal(0);
  readonly removed = signal(false);
  tail: Tail | undefined;
  readonly #metric: string;
  readonly #listeners = new Set<Listener>();
  #socket: WebSocket | undefined;
  #lost = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #pinging: ReturnType<typeof setInterval> | undefined;
  #pong: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(metric: string) {
    this.#metric = metric;
    this.#open();
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  hurry(): void {
    if (this.connection.peek().kind === "waiting") this.#open();
  }

  close(): void {
    this.#stopTimers();
    const last = this.#socket;
    this.#socket = undefined;
    last?.close();
  }

  #stopTimers(): void {
    clearTimeout(this.#retry);
    clearInterval(this.#pinging);
    clearTimeout(this.#pong);
    clearTimeout(this.#patience);
  }

  #open(): void {
    this.#stopTimers();
    this.connection.value = { kind: "connecting" };
    const opened = (this.#socket = openLive(this.#metric));
    this.#patience = setTimeout(() => this.#giveUp(opened), OPEN_WITHIN);
    opened.addEventListener("message", ({ data }: MessageEvent<string>) => {
      if (opened !== this.#socket) return;
      clearTimeout(this.#pong);
      clearTimeout(this.#patience);
      if (data !== "pong") this.#take(JSON.parse(data));
    });
    opened.addEventListener("close", ({ code }) => {
      if (opened === this.#socket) this.#again(code === TOO_SLOW);
    });
    this.#pinging = setInterval(() => {
      if (opened.readyState !== WebSocket.OPEN) return;
      opened.send("ping");
      // A network that vanished closes nothing: silence is the only sign.
      this.#pong = setTimeout(() => this.#giveUp(opened), PONG_WITHIN);
    }, PING_EVERY);
  }

  #giveUp(opened: WebSocket): void {
    if (opened !== this.#socket) return;
    this.#socket = undefined;
    opened.close();
    this.#again(false);
  }

  #again(behind: boolean): void {
    this.#stopTimers();
    const least = behind ? SLOW_PAUSE : 0;
    const pause = Math.max(least, pauseBefore(this.#lost++)) * (0.8 + 0.4 * Math.random());
    this.connection.value = { kind: "waiting", until: Date.now() + pause, behind };
    this.#retry = setTimeout(() => this.#open(), pause);
  }

  #take(message: LiveMessage): void {
    if (message.type === "ping") {
      this.#socket?.send("pong");
      return;
    }
    this.#lost = 0;
    this.connection.value = { kind: "live" };
    noteServerTime(message.at);
    if (message.type === "removed") this.#remove();
    else this.#takeMinutes(message);
  }

  #remove(): void {
    this.tail = undefined;
    this.lastAt.value = 0;
    this.removed.value = true;
    lookAnew();
  }

  #takeMinutes(message: LiveMinutes): void {
    for (const { lastAt } of message.series)
      for (const at of lastAt) if (at > this.lastAt.peek()) this.lastAt.value = at;
    const isBack = this.removed.peek() && message.series.length > 0;
    if (isBack) this.removed.value = false;
    let behind = true;
    if (message.type === "snapshot" || this.tail === undefined) this.tail = new Tail(message);
    else behind = this.tail.take(message);
    for (const listener of this.#listeners) listener(behind);
    if (isBack) lookAnew();
  }
}

/** A feed for each metric on view, while the range ends at "now". */
export function startFeeds(): void {
  let held: string | undefined;
  effect(() => {
    const { panels, range, page } = view.value;
    const read = placed.value.flatMap(({ reading, index }) =>
      reading === undefined ? [] : (panels[index] ?? []),
    );
    const wanted =
      page !== "store" && range.kind === "last" && denial.value === undefined
        ? [
            ...new Set(
              // Expressions have no feed: they ask again.
              read.flatMap(({ metric, over }) =>
                over === undefined ? metric || [] : [metric, over],
              ),
            ),
          ]
        : [];
    const sameReader = held === signedIn.value;
    held = signedIn.value;
    const before = feeds.peek();
    const kept = (metric: string): Feed | undefined =>
      sameReader ? before.get(metric) : undefined;
    const after = new Map(wanted.map((metric) => [metric, kept(metric) ?? new Socket(metric)]));
    for (const [metric, feed] of before) if (after.get(metric) !== feed) feed.close();
    if (after.size !== before.size || [...after].some(([name, feed]) => before.get(name) !== feed))
      feeds.value = after;
  });
  addEventListener("online", reconnect);
}
