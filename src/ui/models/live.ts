// The live socket of the metric on view: opened while the range ends at "now", opened again with
// growing pauses when it is lost. It hands messages on and shows its state; no more.

import { effect, signal } from "@preact/signals";
import type { LiveMessage } from "../../core/api.ts";
import { openLive } from "../api.ts";
import { refusal, token } from "./access.ts";
import { noteServerTime } from "./clock.ts";
import { view } from "./page.ts";

/** `off`: the range is fixed. `waiting`: lost; `until` (local Unix ms) it is not tried again. */
export type Connection =
  | { readonly kind: "off" | "connecting" | "live" }
  | { readonly kind: "waiting"; readonly until: number };

export const connection = signal<Connection>({ kind: "off" });

const PING_EVERY = 30_000;
const PONG_WITHIN = 10_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** Pause before attempt `n` (0 is the first again), ms, without chance. */
export const pauseBefore = (n: number): number => Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** n);

type Listener = (message: LiveMessage) => void;

/** Keeps a socket open until the returned function is called. */
function keepOpen(metric: string, listener: Listener): () => void {
  let socket: WebSocket | undefined;
  let lost = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let pinging: ReturnType<typeof setInterval> | undefined;
  let pong: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const stopTimers = (): void => {
    clearTimeout(retry);
    clearInterval(pinging);
    clearTimeout(pong);
  };
  const again = (): void => {
    stopTimers();
    if (closed) return;
    const pause = pauseBefore(lost++) * (0.8 + 0.4 * Math.random());
    connection.value = { kind: "waiting", until: Date.now() + pause };
    retry = setTimeout(open, pause);
  };
  const open = (): void => {
    stopTimers();
    connection.value = { kind: "connecting" };
    const opened = (socket = openLive(metric));
    opened.addEventListener("message", ({ data }: MessageEvent<string>) => {
      if (opened !== socket) return;
      clearTimeout(pong);
      if (data === "pong") return;
      const message: LiveMessage = JSON.parse(data);
      lost = 0;
      connection.value = { kind: "live" };
      noteServerTime(message.at);
      listener(message);
    });
    opened.addEventListener("close", () => opened === socket && again());
    pinging = setInterval(() => {
      if (opened.readyState !== WebSocket.OPEN) return;
      opened.send("ping");
      // A network that vanished closes nothing: silence is the only sign.
      pong = setTimeout(() => {
        if (opened !== socket) return;
        socket = undefined;
        opened.close();
        again();
      }, PONG_WITHIN);
    }, PING_EVERY);
  };
  const online = (): void => {
    if (connection.peek().kind === "waiting") open();
  };

  addEventListener("online", online);
  open();
  return () => {
    closed = true;
    removeEventListener("online", online);
    stopTimers();
    const last = socket;
    socket = undefined;
    last?.close();
    connection.value = { kind: "off" };
  };
}

let retryNow: (() => void) | undefined;
/** Does not wait for the pause to end. */
export const reconnect = (): void => retryNow?.();

export function startLive(listener: Listener): void {
  const round = signal(0);
  retryNow = () => {
    if (connection.peek().kind === "waiting") round.value++;
  };
  let close: (() => void) | undefined;
  let opened = "";
  effect(() => {
    const { metric, range } = view.value;
    const wanted = metric !== undefined && range.kind === "last" && refusal.value === undefined;
    const key = wanted ? JSON.stringify([metric, token.value, round.value]) : "";
    if (key === opened) return;
    opened = key;
    close?.();
    close = wanted ? keepOpen(metric, listener) : undefined;
  });
}
