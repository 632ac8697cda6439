// A small client of the native API for benchmarks.

import { setTimeout as sleep } from "node:timers/promises";
import { answered, type StatusAnswer, told } from "../../src/core/api.ts";
import type { CreatedToken } from "../../src/core/api-tokens.ts";
import { HOUR } from "../../src/core/tiers.ts";

/** Minutes that shards move to D1 by themselves, hour by hour: more than the running hour of a bench. */
const MUCH = 1_000_000;

export class Client {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;

  /** `token`: of a store that is not open. */
  constructor(url: URL, token?: string) {
    this.#url = url;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** A token of that scope, made by this client, an administrator's. */
  async newToken(name: string, scope: "write" | "read"): Promise<string> {
    const { token } = (await this.#postJson("/api/v1/tokens", { name, scope })) as CreatedToken;
    return token;
  }

  async post(points: readonly unknown[]): Promise<void> {
    await this.#postJson("/api/v1/points", points);
  }

  async #postJson(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(new URL(path, this.#url), {
      method: "POST",
      headers: { ...this.#headers, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status}: ${await response.text()}`);
    return await response.json();
  }

  /** Moves what shards hold to D1: much of it they move by themselves, in longer than a request may take. */
  async flush(): Promise<void> {
    while ((await this.#unflushed()) > MUCH) await sleep(1_000);
    await this.flushNow();
  }

  /** The same of minutes of the running hour, which wait for its end. */
  async flushNow(): Promise<void> {
    const response = await fetch(new URL("/api/v1/flush", this.#url), {
      method: "POST",
      headers: this.#headers,
    });
    if (!response.ok) throw new Error(`flush: ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
  }

  async #unflushed(): Promise<number> {
    const { shards } = await this.status();
    return Math.max(...shards.map((shard) => (answered(shard) ? shard.unflushedBuckets : 0)));
  }

  async get(path: string): Promise<unknown> {
    return await (await this.#ask(path)).json();
  }

  /** How many bytes the answer has. */
  async length(path: string): Promise<number> {
    return (await (await this.#ask(path)).arrayBuffer()).byteLength;
  }

  async #ask(path: string): Promise<Response> {
    const response = await fetch(new URL(path, this.#url), { headers: this.#headers });
    if (!response.ok) throw new Error(`${path}: ${response.status}: ${await response.text()}`);
    return response;
  }

  async status(): Promise<StatusAnswer> {
    return (await this.get("/api/v1/status")) as StatusAnswer;
  }

  /** Whether D1 has rolled up what it holds, but for the last two hours: they may be too young. */
  async isRolledUp(): Promise<boolean> {
    const { databases, now } = await this.status();
    return databases.every(
      (one) => told(one) && one.dirtyHours === 0 && one.rolledUpTo > now - 2 * HOUR,
    );
  }
}

export const median = (list: readonly number[]): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;

export const milliseconds = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
