// The demo's shop for pictures: its data moved in time, so that every run draws the same curves, and
// kept up to the second while pictures are taken.

import { type StatusAnswer, told } from "../../src/core/api.ts";
import { HOUR, MINUTE } from "../../src/core/tiers.ts";
import { chunks, due, requestOf } from "../demo/backfill.ts";
import { catalogue, type Series } from "../demo/catalogue.ts";
import { Client } from "../demo/client.ts";
import { runCron } from "../start/cron.ts";
import { Stop } from "../stop.ts";

const SEED = 1;
/** Time between the points of a series, ms, and how often those that are due are sent. */
const DATA = { seed: SEED, every: 15_000 };
const LIVE_EVERY = 1_000;
/** How long the store may take to write to D1 and to roll up, and how often to look, ms. */
const SETTLE_WITHIN = 180_000;
const LOOK_EVERY = 500;

/** What the shop's clock shows when the pictures are taken: the evening of an eventful Tuesday. */
const EVENING = Date.UTC(2026, 9, 20, 18, 50);

export class Shop {
  readonly #url: string;
  readonly #client: Client;
  readonly #series: readonly Series[];
  /** How far the shop's clock is ahead of ours, ms: whole minutes. */
  readonly #ahead: number;
  /** All before it is stored, Unix ms. */
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<unknown> = Promise.resolve();

  /** `url`: the server, without a slash at the end. */
  constructor(url: string) {
    this.#url = url;
    const options = { url, token: undefined, days: 0, live: true, ...DATA };
    this.#client = new Client(options, (why) => console.log(`Waiting: ${why}`));
    const ahead = EVENING - Math.floor(Date.now() / MINUTE) * MINUTE;
    this.#ahead = ahead;
    this.#series = catalogue(SEED).map((one) => ({
      ...one,
      value: (at) => one.value(at + ahead),
    }));
  }

  /** Unix ms of a moment on the shop's clock: `time` is like "2026-10-20T14:05", UTC. */
  at(time: string): number {
    return Date.parse(`${time}Z`) - this.#ahead;
  }

  /** Stores the past. */
  async fill(days: number): Promise<void> {
    const now = Date.now();
    for (const chunk of chunks(now, days, DATA.every))
      await this.#client.post(requestOf(chunk, this.#series, DATA));
    this.#sent = Math.floor(now / MINUTE) * MINUTE;
    await this.#sendDue();
  }

  async #sendDue(): Promise<void> {
    for (const chunk of due(this.#sent, Date.now())) {
      this.#sent = chunk.to;
      const request = requestOf(chunk, this.#series, DATA);
      if (request.points > 0) await this.#client.post(request);
    }
  }

  /** Goes on with the present, until `close`. */
  open(): void {
    const send = (): void => {
      this.#sending = this.#sending.then(() => this.#sendDue());
    };
    send();
    this.#timer = setInterval(send, LIVE_EVERY);
  }

  /** Has D1 take the past, and runs the cron until it is rolled up: all but the hour or two before now. */
  async settled(): Promise<void> {
    const taken = await fetch(`${this.#url}/api/v1/flush`, { method: "POST" });
    if (!taken.ok) throw new Stop(`The store has not written to D1: ${await taken.text()}`);
    for (const until = Date.now() + SETTLE_WITHIN; Date.now() < until;) {
      const problem = await runCron(this.#url);
      if (problem !== undefined) throw new Stop(`The cron failed: ${problem}`);
      const { databases } = await this.#status();
      const since = Date.now() - 2 * HOUR;
      if (databases.every((one) => told(one) && one.dirtyHours === 0 && one.rolledUpTo > since))
        return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
    throw new Stop(`The store has not settled within ${SETTLE_WITHIN / 1_000} s`);
  }

  async #status(): Promise<StatusAnswer> {
    const response = await fetch(`${this.#url}/api/v1/status`);
    const answer: StatusAnswer = await response.json();
    return answer;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sending;
  }
}
