// The open sockets of a shard: which metric each is about, and how much each has not read yet. The
// platform buffers without bound and does not tell how much; so a client is asked now and then
// whether it has come so far, and who does not answer is dropped. It must not know what is sent.

import type { LivePing } from "../core/api.ts";
import * as LIMITS from "../core/limits.ts";

/** Kept with a socket, so that it outlives the memory of the shard. */
interface Kept {
  readonly metric: string;
  /** Bytes that the client is not known to have read. */
  unread: number;
  /** Those of them that were sent after it was last asked; undefined: it need not answer. */
  since: number | undefined;
}

const PING = JSON.stringify({ type: "ping" } satisfies LivePing);
/** What a client answers: it has read all that was sent before it was asked. */
const PONG = "pong";

export class Sockets {
  readonly #ctx: DurableObjectState;
  readonly #kept = new Map<WebSocket, Kept>();
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

  /** Opens a socket about a metric: its two ends. Undefined when there are too many. */
  open(metric: string): { readonly server: WebSocket; readonly client: WebSocket } | undefined {
    if (this.#kept.size >= LIMITS.socketsPerShard || this.#unread > LIMITS.unreadBytesPerShard)
      return undefined;
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    const kept = { metric, unread: 0, since: undefined };
    server.serializeAttachment(kept);
    this.#add(server, kept);
    return { server, client };
  }

  get metrics(): Iterable<string> {
    return this.#byMetric.keys();
  }

  /** Whether anybody wants to be told of a metric. */
  has(metric: string): boolean {
    return this.#byMetric.has(metric);
  }

  get isEmpty(): boolean {
    return this.#byMetric.size === 0;
  }

  /** Sends a text to all sockets about a metric. */
  tell(metric: string, text: string): void {
    const bytes = new TextEncoder().encode(text).length;
    for (const socket of this.#byMetric.get(metric) ?? []) this.#send(socket, text, bytes);
  }

  send(socket: WebSocket, text: string): void {
    this.#send(socket, text, new TextEncoder().encode(text).length);
  }

  /** Takes what a client says. All but the answer to a question is ignored. */
  heard(socket: WebSocket, text: string | ArrayBuffer): void {
    const kept = this.#kept.get(socket);
    if (kept?.since === undefined || text !== PONG) return;
    this.#unread -= kept.unread - kept.since;
    kept.unread = kept.since;
    kept.since = undefined;
    socket.serializeAttachment(kept);
  }

  /** Closes the sockets about some metrics. */
  close(isMeant: (metric: string) => boolean, code: number, reason: string): void {
    for (const [metric, sockets] of this.#byMetric)
      if (isMeant(metric)) for (const socket of sockets) this.#close(socket, code, reason);
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

  #send(socket: WebSocket, text: string, bytes: number): void {
    const kept = this.#kept.get(socket);
    if (kept === undefined) return;
    if (socket.readyState !== WebSocket.OPEN) return this.#silence(socket);
    socket.send(text);
    this.#unread += bytes;
    kept.unread += bytes;
    if (kept.since !== undefined) kept.since += bytes;
    else if (kept.unread >= LIMITS.unaskedBytes) {
      socket.send(PING);
      kept.since = 0;
    }
    socket.serializeAttachment(kept);
    if (kept.unread > LIMITS.unreadBytesPerSocket) this.#drop(socket);
    else if (this.#unread > LIMITS.unreadBytesPerShard) this.#dropSlowest();
  }

  /** Who has read least goes, so that the others stay. */
  #dropSlowest(): void {
    let slowest: WebSocket | undefined;
    for (const sockets of this.#byMetric.values())
      for (const socket of sockets)
        if (slowest === undefined || this.#unreadBy(socket) > this.#unreadBy(slowest))
          slowest = socket;
    if (slowest !== undefined) this.#drop(slowest);
  }

  #unreadBy(socket: WebSocket): number {
    return this.#kept.get(socket)?.unread ?? 0;
  }

  #drop(socket: WebSocket): void {
    this.#close(socket, 1013, "messages are not read fast enough: connect again to catch up");
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
