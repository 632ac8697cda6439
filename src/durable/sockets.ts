// The open sockets of a shard: which metric each is about, and how much each has not read yet. The
// platform buffers without bound and does not tell how much; so a client is asked now and then
// whether it has come so far, and one that owes the answer for long is told nothing more until then.

import type { LivePing } from "../core/api.ts";
import * as LIMITS from "../core/limits.ts";

/** Kept with a socket, so that it outlives the memory of the shard. */
interface Kept {
  readonly metric: string;
  /** Of the token by which it was opened; absent: of nobody who can lose it. */
  readonly token?: string;
  /** Of what the token opens; absent: it has none. */
  readonly version?: number;
  /** Unix ms: when that expires; absent: never. */
  readonly until?: number;
  /** It is told that something changed, and not what. */
  readonly brief?: true;
  /** Bytes that the client is not known to have read. */
  unread: number;
  /** Those of them that were sent after it was asked; undefined: it owes no answer. */
  since: number | undefined;
  /** Bytes that it was not told, since it owes an answer. */
  missed: number;
}

/** What to tell, and what instead to those for whom there is no room to be told so much. */
export interface Told {
  readonly text: string;
  readonly brief: string;
}

/** By which token a socket is opened, and until when. */
export interface Opener {
  readonly token?: string;
  /** Of what the token opens: it may end while the token goes on. */
  readonly version?: number;
  readonly until?: number;
  /** It is told that something changed, and not what. */
  readonly brief?: true;
}

/** As the Worker says it in the address. */
export function openerIn(asked: URLSearchParams): Opener {
  const [token, version, until] = ["token", "version", "until"].map((name) => asked.get(name));
  return {
    ...(token != null && { token }),
    ...(version != null && { version: Number(version) }),
    ...(until != null && { until: Number(until) }),
    ...(asked.has("brief") && { brief: true }),
  };
}

const PING = JSON.stringify({ type: "ping" } satisfies LivePing);
/** What a client answers when it has read all that was sent before it was asked. */
const PONG = "pong";

export class Sockets {
  readonly #ctx: DurableObjectState;
  readonly #kept = new Map<WebSocket, Kept>();
  /** By token, the least version that was not revoked a while ago: ids are never given to others. */
  readonly #revoked = new Map<string, number>();
  readonly #byMetric = new Map<string, Set<WebSocket>>();
  /** Bytes that clients are not known to have read, of those that are being closed as well. */
  #unread = 0;

  /** Finds the sockets that were open when the shard's memory was dropped. */
  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    // Answered without waking the shard.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", PONG));
    for (const socket of ctx.getWebSockets()) {
      const kept: Kept | null = socket.deserializeAttachment();
      if (kept !== null) this.#add(socket, kept);
    }
  }

  /**
   * Opens a socket about a metric: its two ends. Undefined when there are too many, of all or of its
   * token, or that was revoked while it was on its way.
   */
  open(
    metric: string,
    opener: Opener,
  ): { readonly server: WebSocket; readonly client: WebSocket } | undefined {
    if (this.#kept.size >= LIMITS.socketsPerShard) return undefined;
    if (opener.token !== undefined && !this.#isFree(opener.token, opener)) return undefined;
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    const kept = { metric, ...opener, unread: 0, since: undefined, missed: 0 };
    server.serializeAttachment(kept);
    this.#add(server, kept);
    return { server, client };
  }

  /** Whether a token may have another socket. */
  #isFree(token: string, { version = 0 }: Opener): boolean {
    if (version < (this.#revoked.get(token) ?? 0)) return false;
    let many = 0;
    for (const kept of this.#kept.values()) if (kept.token === token) many++;
    return many < LIMITS.socketsPerToken;
  }

  get metrics(): Iterable<string> {
    return this.#byMetric.keys();
  }

  /** Whether anybody wants to be told of a metric. */
  has(metric: string): boolean {
    return this.#byMetric.has(metric);
  }

  /** How many are open. */
  get size(): number {
    return this.#kept.size;
  }

  get isEmpty(): boolean {
    return this.#byMetric.size === 0;
  }

  /** Tells all sockets about a metric. */
  tell(metric: string, told: Told): void {
    const bytes = bytesOf(told.text);
    for (const socket of this.#byMetric.get(metric) ?? []) this.#send(socket, told, bytes);
  }

  send(socket: WebSocket, told: Told): void {
    this.#send(socket, told, bytesOf(told.text));
  }

  /**
   * Takes what a client says: all but the answer to a question is ignored. Returns the metric of
   * which it now needs a snapshot, since it was not told everything.
   */
  heard(socket: WebSocket, text: string | ArrayBuffer): string | undefined {
    const kept = this.#kept.get(socket);
    if (kept?.since === undefined || text !== PONG) return undefined;
    this.#unread += kept.since - kept.unread;
    kept.unread = kept.since;
    kept.since = undefined;
    if (socket.readyState !== WebSocket.OPEN) return undefined;
    this.#ask(socket, kept);
    const behind = kept.missed > 0 && kept.unread < LIMITS.unreadBytesPerSocket;
    if (behind) kept.missed = 0;
    socket.serializeAttachment(kept);
    return behind ? kept.metric : undefined;
  }

  /** Closes the sockets about some metrics. */
  close(isMeant: (metric: string) => boolean, code: number, reason: string): void {
    for (const [metric, sockets] of this.#byMetric)
      if (isMeant(metric)) for (const socket of sockets) this.#close(socket, code, reason);
  }

  /** Closes those of a token that was revoked, of versions before `least`: also what an earlier call did not reach. */
  revoke(token: string, least = Infinity): void {
    if (this.#revoked.size >= LIMITS.tokens) this.#revoked.clear();
    const from = Math.max(least, this.#revoked.get(token) ?? 0);
    this.#revoked.set(token, from);
    for (const [socket, kept] of this.#kept)
      if (
        kept.token === token &&
        (kept.version ?? 0) < from &&
        socket.readyState === WebSocket.OPEN
      )
        this.#close(socket, 1008, "its token was revoked");
  }

  /** Forgets a socket that is closed. */
  closed(socket: WebSocket): void {
    this.#silence(socket);
    this.#unread -= this.#kept.get(socket)?.unread ?? 0;
    this.#kept.delete(socket);
  }

  #add(socket: WebSocket, kept: Kept): void {
    this.#kept.set(socket, kept);
    this.#unread += kept.unread;
    // Sockets that are closing are still listed, and sending to them throws.
    if (socket.readyState !== WebSocket.OPEN) return;
    const sockets = this.#byMetric.get(kept.metric);
    if (sockets === undefined) this.#byMetric.set(kept.metric, new Set([socket]));
    else sockets.add(socket);
  }

  #send(socket: WebSocket, { text, brief }: Told, bytes: number): void {
    const kept = this.#kept.get(socket);
    if (kept === undefined) return;
    if (socket.readyState !== WebSocket.OPEN) return this.#silence(socket);
    if (kept.until !== undefined && kept.until <= Date.now())
      return this.#close(socket, 1008, "its token has expired");
    if (kept.unread >= LIMITS.unreadBytesPerSocket) {
      kept.missed += bytes;
      if (kept.missed > LIMITS.missedBytesPerSocket)
        return this.#close(socket, 1013, "messages are not read: connect again to catch up");
    } else {
      const fits = kept.brief !== true && this.#unread + bytes <= LIMITS.unreadBytesPerShard;
      const sent = fits ? bytes : bytesOf(brief);
      socket.send(fits ? text : brief);
      this.#unread += sent;
      kept.unread += sent;
      if (kept.since !== undefined) kept.since += sent;
      this.#ask(socket, kept);
    }
    socket.serializeAttachment(kept);
  }

  /** Asks a client whether it reads, unless it owes an answer, or there is too little to ask about. */
  #ask(socket: WebSocket, kept: Kept): void {
    if (kept.since !== undefined || kept.unread < LIMITS.unaskedBytes) return;
    kept.since = 0;
    socket.send(PING);
  }

  #close(socket: WebSocket, code: number, reason: string): void {
    this.#silence(socket);
    socket.close(code, reason);
  }

  /** Nothing is sent to it any more. */
  #silence(socket: WebSocket): void {
    const metric = this.#kept.get(socket)?.metric;
    if (metric === undefined) return;
    const sockets = this.#byMetric.get(metric);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#byMetric.delete(metric);
  }
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
