// Concurrent writers against a server that dies and comes back. Each request has a key and is sent
// until it is acknowledged; now and then one that was acknowledged long ago is sent once more.

import type { Point, Write } from "./ledger.ts";
import { between, pick, type Random, randomOf } from "./random.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Days back that get points, and whose minutes are kept. */
const CLOSED_DAYS = [1, 3, 10];

/** Those of whose minutes retention is done, oldest first: each life of the server gets points on one more. */
const GONE_DAYS = [40, 38, 36, 34, 32, 30, 28, 26, 24, 22, 20] as const;

export const SERIES = [
  { metric: "kill.gauge", host: "a" },
  { metric: "kill.gauge", host: "b" },
  { metric: "kill.gauge", host: "c" },
  { metric: "kill.size", host: "a" },
  { metric: "kill.size", host: "b" },
  { metric: "kill.count", host: "a" },
  { metric: "kill.wait", host: "a" },
] as const;

/** Each in a shard of its own, of 4. */
export const METRICS = ["kill.gauge", "kill.size", "kill.count", "kill.wait"] as const;

/** Where the server is while it is up. Writers wait here when it is not. */
export class Gate {
  #up: Promise<string>;
  #open: (origin: string) => void = () => {};
  #origin: string | undefined;

  constructor() {
    this.#up = this.#closed();
  }

  /** The origin while the server is up. */
  get origin(): string | undefined {
    return this.#origin;
  }

  up(): Promise<string> {
    return this.#up;
  }

  open(origin: string): void {
    this.#origin = origin;
    this.#open(origin);
  }

  close(): void {
    this.#origin = undefined;
    this.#up = this.#closed();
  }

  #closed(): Promise<string> {
    return new Promise((resolve) => (this.#open = resolve));
  }
}

/** What writers did, and what they saw. */
export class Load {
  readonly writes: Write[] = [];
  requests = 0;
  retries = 0;
  /** Retries of requests that had been stored although the answer was lost. */
  storedUnanswered = 0;
  /** Acknowledged requests that were sent again. */
  repeats = 0;
  readonly statuses = new Map<string, number>();
  /** Answers that no request of this test may get. */
  readonly wrong: string[] = [];
  #days: readonly number[] = [...CLOSED_DAYS, GONE_DAYS[0]];
  #writing = true;
  readonly #gate: Gate;
  readonly #seed: number;

  constructor(gate: Gate, seed: number) {
    this.#gate = gate;
    this.#seed = seed;
  }

  /** Writes until `finish`; settles when everything is acknowledged. */
  async write(writers: number): Promise<void> {
    await Promise.all(Array.from({ length: writers }, (_, writer) => this.#writer(writer)));
  }

  /** From now on also a day that had no points, with one to be late on. `lives`: how many the server had. */
  reach(lives: number): void {
    this.#days = [...CLOSED_DAYS, ...GONE_DAYS.slice(Math.max(0, lives - 1), lives + 1)];
  }

  /** No new requests; those that are not acknowledged go on. */
  finish(): void {
    this.#writing = false;
  }

  points(acknowledged: boolean): Point[] {
    return this.writes.filter((w) => w.acknowledged === acknowledged).flatMap((w) => w.points);
  }

  async #writer(writer: number): Promise<void> {
    const random = randomOf(this.#seed + writer * 7_919);
    const mine: Write[] = [];
    while (this.#writing) {
      const again = random() < 0.05 ? mine[between(random, 0, mine.length)] : undefined;
      const write =
        again ?? makeWrite(random, `${this.#seed}-${writer}-${mine.length}`, this.#days);
      if (again === undefined) {
        mine.push(write);
        this.writes.push(write);
      } else this.repeats++;
      while (!(await this.#send(write))) this.retries++;
    }
  }

  /** True when the server acknowledged. */
  async #send(write: Write): Promise<boolean> {
    const origin = await this.#gate.up();
    this.requests++;
    write.attempts++;
    let status = "no answer";
    try {
      const response = await fetch(`${origin}/api/v1/points`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": write.key },
        body: write.body,
        signal: AbortSignal.timeout(20_000),
      });
      const text = await response.text();
      status = String(response.status);
      if (response.status === 200) this.#acknowledge(write, text);
      else if (response.status < 500) this.wrong.push(`${status} ${text.slice(0, 300)}`);
      return response.status < 500;
    } catch {
      // The connection broke: whether the points are stored is what only a retry can tell.
      return false;
    } finally {
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    }
  }

  #acknowledge(write: Write, text: string): void {
    const answer: unknown = JSON.parse(text);
    const first = !write.acknowledged;
    write.acknowledged = true;
    const plain = `{"accepted":${write.points.length}}`;
    const duplicate = `{"accepted":${write.points.length},"duplicate":true}`;
    const given = JSON.stringify(answer);
    if (given === duplicate && first) this.storedUnanswered++;
    const allowed = first ? (write.attempts > 1 ? [plain, duplicate] : [plain]) : [duplicate];
    if (!allowed.includes(given))
      this.wrong.push(`attempt ${write.attempts} of ${write.key}: ${given}, not ${allowed[0]}`);
  }
}

/** A time now, earlier today, or on a closed day; few different minutes, so that buckets meet. */
function timeOf(random: Random, now: number, days: readonly number[]): number {
  const kind = random();
  if (kind < 0.4) return now - between(random, 0, 90_000);
  const within = between(random, 0, MINUTE);
  if (kind < 0.55) return minuteOf(now) - between(random, 1, 8) * 47 * MINUTE + within;
  const midnight = now - (now % DAY) - pick(random, days) * DAY;
  return (
    midnight +
    pick(random, [0, 7, 13, 23]) * 60 * MINUTE +
    pick(random, [0, 1, 59]) * MINUTE +
    within
  );
}

const minuteOf = (at: number): number => at - (at % MINUTE);

function makeWrite(random: Random, key: string, days: readonly number[]): Write {
  const now = Date.now();
  const size = random() < 0.5 ? 1 : between(random, 2, 120);
  const points = Array.from({ length: size }, (): Point => ({
    ...pick(random, SERIES),
    at: timeOf(random, now, days),
    value: between(random, -8_000, 80_000) / 8,
  }));
  const items = points.map(({ metric, host, at, value }) => ({
    name: metric,
    value,
    timestamp: at,
    labels: { host },
  }));
  const body = JSON.stringify(size === 1 ? items[0] : items);
  return { key, body, points, attempts: 0, acknowledged: false };
}
