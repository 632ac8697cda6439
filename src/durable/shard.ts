// The shard: one Durable Object with the accumulators of the metrics that hash to it. This class is
// its RPC surface, and what its parts have to do with each other; they do the work.

import { DurableObject } from "cloudflare:workers";
import { readConfig } from "../core/config.ts";
import type { Statement } from "../core/series/description.ts";
import { dueCut } from "./flush/policy.ts";
import { Schedule } from "./flush/schedule.ts";
import * as LIMITS from "../core/limits.ts";
import { dayOf } from "../core/tiers.ts";
import { databaseOf, type Databases, databasesOf, type Named } from "../d1/databases.ts";
import {
  headAnswer,
  type HeadAnswer,
  shardReport,
  type ShardReport,
  watermarksOf,
} from "./answers.ts";
import { Appends, type Keyed } from "./appends.ts";
import type { AppendAnswer } from "./commit.ts";
import type { Attempt } from "./idempotency.ts";
import type { Count } from "./counters.ts";
import { type Describing, Flusher } from "./flush/flusher.ts";
import { type FlushTarget, targetIn } from "./flush/protocol.ts";
import type { Asked } from "./head.ts";
import { idleSeries } from "./idle.ts";
import { Layouts } from "./layouts.ts";
import { Live } from "./live.ts";
import { Log } from "./log.ts";
import { type MetricHead, metricHeads, type WantedMetrics } from "./metrics.ts";
import { Placement } from "./placement.ts";
import { Others } from "./others.ts";
import { openerIn, Sockets } from "./sockets.ts";
import { Store } from "./store.ts";

export interface ShardEnv {
  /** The first database; the others are DB_1, DB_2, … */
  readonly DB: D1Database;
  readonly SHARDS?: string;
}

export class Shard extends DurableObject<ShardEnv> {
  readonly #store: Store;
  readonly #databases: Databases;
  readonly #log: Log;
  readonly #sockets: Sockets;
  readonly #live: Live;
  readonly #others: Others;
  readonly #flusher: Flusher;
  readonly #placement: Placement;
  /** This shard's number, its name. */
  readonly #index: number;
  readonly #layouts: Layouts;
  readonly #appends: Appends;
  readonly #schedule: Schedule;
  /** Somebody asked for more than one read may take: it is found again once D1 has it. */
  #tooLarge = false;

  constructor(ctx: DurableObjectState, env: ShardEnv) {
    super(ctx, env);
    // A wrong number would flush under another shard's watermark: rather none.
    if (ctx.id.name === undefined) throw new Error("a shard must be addressed by its number");
    this.#index = Number(ctx.id.name);
    // The Worker refuses as well; what is stored waits for the first call after the mending.
    const config = readConfig(env);
    if (!config.ok) throw new Error(config.error);
    this.#placement = new Placement(this.#index, config.value.shards);
    this.#databases = databasesOf(env);
    this.#store = new Store(ctx.storage.sql);
    this.#sockets = new Sockets(ctx);
    this.#live = new Live(
      this.#sockets,
      () => this.#log,
      () => this.#others.to,
    );
    this.#log = new Log(
      this.#store,
      Date.now(),
      this.#home.name,
      config.value.samplesPerMinute,
      (batch, numbers) => {
        this.#live.note(batch, numbers);
        if (!this.#sockets.isEmpty) void this.#learn();
      },
      // What was written is rolled back, and the next call starts again from the rows.
      (error) => ctx.abort(`the log broke: ${String(error)}`),
    );
    this.#schedule = new Schedule(ctx.storage, this.#log, this.#index);
    const doubt = this.#log.sealed.length > 0 || !this.#store.exists;
    this.#flusher = new Flusher(this.#log, doubt, () => this.#target(this.#log.databases.database));
    const told = (): void => void this.#learn();
    this.#layouts = new Layouts(this.#store, env.DB, told, () => this.outlive());
    this.#appends = new Appends({
      index: this.#index,
      log: this.#log,
      layouts: this.#layouts,
      sync: () => ctx.storage.sync(),
      stored: () => this.#arm(),
    });
    this.#others = new Others(this.#store, () => ({
      shard: this.#index,
      shards: this.#placement.shards,
      watermarks: watermarksOf(this.#log),
    }));
    this.#closeMoved();
    void ctx.blockConcurrencyWhile(async () => {
      await this.#schedule.load();
      this.#arm();
    });
  }

  /**
   * Stores an encoded batch, or several of one request; durable before it answers. `layout` is the
   * SHARDS of the caller; there is an `attempt` when a repeat of the request is known by a key. With
   * `repeats` a sample that its minute keeps already counts once. `sender` tells one from others: who
   * comes every so often may be answered a moment later. `counted`: see `head`.
   */
  append(
    request: Uint8Array | readonly Uint8Array[],
    layout: number,
    attempt?: Attempt,
    repeats = false,
    sender?: string,
    counted?: Count,
  ): Promise<AppendAnswer> {
    this.#requested(counted);
    const batches = request instanceof Uint8Array ? [request] : request;
    return this.#appends.add({ batches, attempt }, { layout, repeats, sender });
  }

  /** The same of several requests, each known by its own key; their answers, in their order. */
  appendEach(
    requests: readonly Keyed[],
    layout: number,
    repeats = false,
    sender?: string,
    counted?: Count,
  ): Promise<AppendAnswer[]> {
    this.#requested(counted);
    const manner = { layout, repeats, sender };
    return Promise.all(requests.map((one) => this.#appends.add(one, manner)));
  }

  /** Whether the key stands for a request with another body. */
  contradicts(key: string, fingerprint: number): boolean {
    this.#requested();
    const known = this.#log.remembered(key);
    return known !== undefined && known.fingerprint !== fingerprint;
  }

  /** Buckets of metrics in [from, to) that D1 may not hold. `counted`: by Workers; this shard keeps it. */
  head(asked: Asked, counted?: Count): HeadAnswer {
    this.#requested(counted);
    const answer = headAnswer(this.#log, asked);
    if (answer.cut && !this.#tooLarge) {
      this.#tooLarge = true;
      this.#arm();
    }
    return answer;
  }

  /** What this shard knows of one of its metrics, or of a part of the list of all. */
  metrics(wanted: WantedMetrics): MetricHead[] {
    this.#requested();
    return metricHeads(this.#log, wanted, Date.now());
  }

  /** Takes what is set of a metric, of which `since` was the last time known; durable before it answers. */
  describe(statement: Statement, since: number): Promise<Describing> {
    this.#requested();
    return this.#flusher.describe(statement, since);
  }

  /** `counted` as in `head`. */
  report(counted?: Count): ShardReport {
    this.#requested(counted);
    const [waitingBytes, sockets] = [this.#appends.waitingBytes, this.#sockets.size];
    const besides = { error: this.#flusher.error, waitingBytes, sockets };
    return shardReport(this.#log, this.#index, Date.now(), besides);
  }

  /** Adds rows that the cron counted, since this shard keeps the count. */
  count(more: Count): void {
    this.#requested(more);
  }

  /** Flushes everything now; says whether D1 holds it all. */
  async flush(): Promise<boolean> {
    this.#requested();
    const done = await this.#flusher.exclusively(() => this.#flush(Infinity));
    this.#arm();
    return done;
  }

  /**
   * Flushes and forgets what hashes elsewhere now that there are `shards` shards; false when D1 did
   * not take it. The cron calls it after a change of SHARDS.
   */
  letGo(shards: number): Promise<boolean> {
    this.#requested();
    return this.#flusher.exclusively(async () => {
      this.#layouts.settle(shards);
      if (shards !== this.#placement.shards) {
        this.#placement.restart(shards);
        this.#closeMoved();
      }
      this.#moving();
      return !this.#anyMoved() || (await this.#flush(Infinity));
    });
  }

  /** Removes a metric. False: D1 did not answer, nothing is certain, try again. */
  remove(metric: string): Promise<boolean> {
    this.#requested();
    return this.#flusher.exclusively(async () => {
      const { database } = this.#log.databases;
      const others = this.#databases.filter(({ name }) => name !== database).map(({ db }) => db);
      if (!(await this.#flusher.remove(metric, others))) return false;
      this.#log.remove(metric, Date.now());
      this.#live.removed(metric);
      if (this.#log.sealed.length === 0) this.#forget(new Set());
      return true;
    });
  }

  /**
   * Opens a live socket: `?metric=` names what it is about, `shards` is its caller's SHARDS, and
   * `moving` says that points may still come to other shards under another value.
   */
  override async fetch(request: Request): Promise<Response> {
    this.#requested();
    const { searchParams } = new URL(request.url);
    const metric = searchParams.get("metric");
    if (metric === null) return new Response(null, { status: 400 });
    if (searchParams.has("moving") || Number(searchParams.get("shards")) !== this.#placement.shards)
      this.#moving();
    else await this.#learn();
    const socket = this.#live.accept(metric, openerIn(searchParams));
    return new Response(null, socket ? { status: 101, webSocket: socket } : { status: 503 });
  }

  /** Closes the live sockets of a token, of versions before `least`. */
  revoke(token: string, least?: number): void {
    this.#requested();
    this.#sockets.revoke(token, least);
  }

  /** Pings are answered without waking the object. */
  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const behind = this.#sockets.heard(socket, message);
    if (behind !== undefined) this.#live.catchUp(socket, behind);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#sockets.closed(socket);
    // 1005 and 1006 say that the client gave no code; they must not be sent.
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  override webSocketError(socket: WebSocket): void {
    this.#sockets.closed(socket);
  }

  override async alarm(): Promise<void> {
    this.#schedule.rang();
    this.#requested();
    // A throw would make the platform retry six times and then give up: the alarm comes again.
    await this.#flusher.exclusively(() => this.#flushDue()).catch(() => undefined);
    this.#arm();
  }

  /** How long a flush waits for D1, ms. */
  protected get flushTimeoutMs(): number {
    return LIMITS.flushTimeoutMs;
  }

  /** As in FlushTarget. */
  protected outlive(): Promise<void> {
    return scheduler.wait(LIMITS.outliveMs);
  }

  /**
   * Counts a request, with what its caller counted. The platform bills one for each call, socket
   * and alarm: every public method begins with this. Durable with the next manifest, no earlier.
   */
  #requested(more: Count = {}): void {
    const now = Date.now();
    this.#log.counters.add(now, { ...more, shardRequests: 1 });
    if (this.#schedule.isTooLate(now)) this.#arm();
  }

  async #flushDue(): Promise<void> {
    const now = Date.now();
    const cut = dueCut(now, this.#index, this.#log.cut);
    const tooLarge = this.#tooLarge;
    this.#tooLarge = false;
    if (this.#anyMoved() || tooLarge || this.#schedule.isPressed(now)) await this.#flush(Infinity);
    else if (cut !== undefined) {
      const newDay = dayOf(cut) !== dayOf(this.#log.cut);
      this.#log.setCut(cut);
      await this.#flush(cut, newDay);
    } else if (this.#flusher.failed) await this.#flush(this.#log.cut);
  }

  /** Flushes what is before `cut`, and lets go of series that moved, or else of idle ones. */
  async #flush(cut: number, letIdleGo = false): Promise<boolean> {
    if (this.#log.databases.database !== this.#home.name && !(await this.#moveHome())) return false;
    const done = await this.#flushOnce(cut, letIdleGo);
    // Series can only go while no page names them. A large shard has pages of the running hour
    // already: when there is something to let go, and only then, these are flushed as well.
    const waits = done && this.#log.sealed.length > 0 && this.#flusher.error === undefined;
    return waits &&
      cut !== Infinity &&
      (this.#log.dictionary.removals.length > 0 || (letIdleGo && this.#idle().size > 0))
      ? await this.#flushOnce(Infinity, letIdleGo)
      : done;
  }

  async #flushOnce(cut: number, letIdleGo: boolean): Promise<boolean> {
    const moved = this.#anyMoved() && this.#placement.movedSeries(this.#log.dictionary);
    const retire = moved || (letIdleGo ? this.#idle() : new Set<number>());
    const done = await this.#flusher.flush(cut, retire);
    if (
      done &&
      this.#log.sealed.length === 0 &&
      (retire.size > 0 || this.#log.dictionary.removals.length > 0)
    )
      this.#forget(retire);
    return done;
  }

  /** The database that this shard is to write to. */
  get #home(): Named {
    return databaseOf(this.#databases, this.#index);
  }

  /** @throws when there is no such database. */
  #target(name: string): FlushTarget {
    return targetIn(this.#databases, name, {
      shard: this.#index,
      timeoutMs: this.flushTimeoutMs,
      pause: () => scheduler.wait(0),
      outlive: () => this.outlive(),
    });
  }

  /**
   * There are more databases than before: everything goes to the one of before, then the other takes
   * over. False: not yet.
   */
  async #moveHome(): Promise<boolean> {
    if (!(await this.#flusher.flush(Infinity, new Set())) || this.#log.sealed.length > 0)
      return false;
    const watermark = await this.#flusher.watermarkIn(this.#target(this.#home.name));
    if (watermark === undefined || this.#log.sealed.length > 0) return false;
    this.#log.moveTo(this.#home.name, watermark, Date.now());
    return true;
  }

  #forget(series: ReadonlySet<number>): void {
    this.#live.pushAll();
    this.#log.forget(series, Date.now());
    this.#placement.restart();
  }

  /** Sockets about a metric that this shard no longer holds connect again, to its new shard. */
  #closeMoved(): void {
    this.#sockets.close((metric) => this.#placement.isMoved(metric), 1012, "the metric has moved");
  }

  /** Points of this shard's metrics may be elsewhere: its sockets alone no longer tell all. */
  #moving(): void {
    if (!this.#others.isKnown) return;
    this.#others.forget();
    this.#live.restart(false);
  }

  /** Finds out whether they are, unless that is known; then its sockets tell all again. */
  async #learn(): Promise<void> {
    if (this.#others.isKnown) return;
    await this.#others.learn(this.#databases);
    if (this.#others.isKnown) this.#live.restart(true);
  }

  #anyMoved(): boolean {
    return this.#placement.anyMoved(this.#log.dictionary);
  }

  #idle(): Set<number> {
    return idleSeries(this.#log.dictionary, this.#log.open.numbers, Date.now());
  }

  #arm(): void {
    this.#schedule.arm(Date.now(), {
      tooLarge: this.#tooLarge,
      moved: this.#anyMoved(),
      failed: this.#flusher.failed,
    });
  }
}
