// What a soak sends and asks: writes whose points it counts, queries of all resolutions, and live sockets.

import { setTimeout as sleep } from "node:timers/promises";
import type { LiveMessage } from "../../src/core/api.ts";
import { MINUTE } from "../../src/core/tiers.ts";

export const METRICS = Array.from({ length: 40 }, (_, i) => `soak.metric_${i}`);
const HOSTS = 25;
/** Points of a write: of one metric, some of each of its series. */
const POINTS = 100;
/** Points of a minute of a series that are there before: more than it keeps samples. */
const PER_MINUTE = 8;
/** A request without an answer is given up, ms. */
const GIVEN_UP_MS = 30_000;
/** Attempts at a write whose answer did not come. */
const ATTEMPTS = 5;

/** By metric: what was acknowledged. Values are whole, so that sums are exact. */
export interface Acknowledged {
  points: number;
  sum: number;
}

export interface Failure {
  readonly what: string;
  readonly why: string;
}

export class Traffic {
  readonly #url: URL;
  readonly acknowledged = new Map<string, Acknowledged>(
    METRICS.map((name) => [name, { points: 0, sum: 0 }]),
  );
  readonly failures: Failure[] = [];
  #next = 0;

  constructor(url: URL) {
    this.#url = url;
  }

  /** One write, until it is answered: sent again under its key where no answer came. */
  async write(): Promise<void> {
    const number = this.#next++;
    const metric = METRICS[number % METRICS.length]!;
    const now = Date.now();
    let sum = 0;
    const points = Array.from({ length: POINTS }, (_, i) => {
      const value = (number * 31 + i * 17) % 1_000;
      sum += value;
      return {
        name: metric,
        value,
        timestamp: now - (i % 4) * 250,
        labels: { host: `host-${i % HOSTS}` },
      };
    });
    const init = {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": `soak-${number}` },
      body: JSON.stringify(points),
    };
    if (!(await this.#answered(`write ${number}`, "/api/v1/points", init))) return;
    const done = this.acknowledged.get(metric)!;
    done.points += POINTS;
    done.sum += sum;
  }

  /** The minutes before, of all series: so that queries read as much at the beginning as at the end. */
  async fill(minutes: number): Promise<void> {
    const now = Date.now();
    for (const metric of METRICS) {
      const points = Array.from({ length: HOSTS * minutes * PER_MINUTE }, (_, i) => ({
        name: metric,
        value: i % 1_000,
        timestamp: now - 1_000 - Math.floor(i / HOSTS) * (MINUTE / PER_MINUTE),
        labels: { host: `host-${i % HOSTS}` },
      }));
      const init = {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": `soak-fill-${metric}` },
        body: JSON.stringify(points),
      };
      if (!(await this.#answered(`fill ${metric}`, "/api/v1/points", init))) continue;
      const done = this.acknowledged.get(metric)!;
      done.points += points.length;
      done.sum += points.reduce((all, { value }) => all + value, 0);
    }
  }

  /** One query: mostly of the last minutes, now and then of more. */
  async query(): Promise<void> {
    const number = this.#next++;
    const metric = METRICS[number % METRICS.length]!;
    const path =
      number % 20 === 0
        ? "/api/v1/metrics?limit=50"
        : number % 10 === 0
          ? `/api/v1/query?metric=${metric}&from=-7d&resolution=hour`
          : number % 5 === 0
            ? `/api/v1/query?metric=${metric}&from=-15m&resolution=minute&by=host`
            : `/api/v1/query?metric=${metric}&from=-15m&resolution=minute`;
    await this.#answered(path, path, {});
  }

  async #answered(what: string, path: string, init: RequestInit): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await fetch(new URL(path, this.#url), {
          ...init,
          signal: AbortSignal.timeout(GIVEN_UP_MS),
        });
        const text = await response.text();
        if (response.ok) return true;
        this.failures.push({ what, why: `${response.status} ${text.slice(0, 200)}` });
        return false;
      } catch (error) {
        // Whether it was stored is not known: its key says so.
        this.failures.push({ what, why: String(error) });
        if (attempt === ATTEMPTS)
          throw new Error(`${what} was not answered ${attempt} times`, { cause: error });
        await sleep(1_000);
      }
    }
  }
}

/** So many at a time, one after the other, for a while: how many were done a second. */
export async function closedLoop(
  work: () => Promise<void>,
  connections: number,
  ms: number,
): Promise<number> {
  const end = performance.now() + ms;
  let done = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < end) {
        await work();
        done++;
      }
    }),
  );
  return done / (ms / 1_000);
}

/** Between two looks at what is due, ms. */
const TICK_MS = 5;

/** So many a second, whether or not those before are answered; gives the time of each, ms, since it was due. */
export async function openLoop(
  work: () => Promise<void>,
  perSecond: number,
  ms: number,
): Promise<readonly number[]> {
  const start = performance.now();
  const times: number[] = [];
  const running = new Set<Promise<void>>();
  for (let sent = 0; performance.now() < start + ms;) {
    for (; sent < ((performance.now() - start) / 1_000) * perSecond; sent++) {
      const due = start + (sent / perSecond) * 1_000;
      const one: Promise<void> = work().then(() => {
        times.push(performance.now() - due);
        running.delete(one);
      });
      running.add(one);
    }
    await sleep(TICK_MS);
  }
  await Promise.all(running);
  return times;
}

/** A live socket: how many messages came, and how often it was closed. */
export class Listener {
  messages = 0;
  closed = 0;
  readonly #socket: WebSocket;

  constructor(url: URL, metric: string) {
    const address = new URL(`/api/v1/live?metric=${metric}`, url);
    address.protocol = "ws:";
    this.#socket = new WebSocket(address);
    this.#socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(String(data)) as LiveMessage;
      if (message.type === "ping") this.#socket.send("pong");
      else this.messages++;
    });
    this.#socket.addEventListener("close", () => void this.closed++);
  }

  close(): void {
    this.#socket.close();
  }
}
