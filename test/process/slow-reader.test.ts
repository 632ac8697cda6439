// A client that opens a live socket and does not read costs the server a bounded amount of memory: it
// is dropped, told why when it reads at last, and whoever reads beside it misses nothing.

import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as LIMITS from "../../src/core/limits.ts";
import type { LiveMessage } from "../../src/core/api.ts";
import { type Server, startServer } from "../support/server.ts";

const DEAF = 24;
const ROUNDS = 14;
const SERIES = 4_000;
/** A message about so many series has less than a MiB. */
const MOST = LIMITS.unreadBytesPerSocket + 2 ** 20;

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

/** A WebSocket by hand, since every library reads. */
class Deaf {
  readonly #socket: Socket;
  #bytes: Uint8Array = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static open(port: number, path: string): Promise<Deaf> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () =>
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\n` +
            `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
            `Sec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}\r\n\r\n`,
        ),
      );
      socket.once("error", reject);
      socket.once("data", (head: Buffer) => {
        socket.pause();
        if (!head.toString("latin1").startsWith("HTTP/1.1 101")) reject(new Error(String(head)));
        const deaf = new Deaf(socket);
        deaf.#bytes = head.subarray(head.indexOf("\r\n\r\n") + 4);
        resolve(deaf);
      });
    });
  }

  /** Reads at last, to the end: what it was closed with, and the bytes that had been kept for it. */
  async read(): Promise<{
    readonly code: number;
    readonly reason: string;
    readonly bytes: number;
  }> {
    return await new Promise((resolve) => {
      const parts: Uint8Array[] = [this.#bytes];
      const look = (): void => {
        const all = Buffer.concat(parts);
        const close = closeFrame(all);
        if (close === undefined) return;
        this.#socket.destroy();
        resolve({ ...close, bytes: all.length });
      };
      this.#socket.on("data", (part: Buffer) => {
        parts.push(part);
        look();
      });
      this.#socket.once("close", () => resolve({ code: 0, reason: "cut", bytes: 0 }));
      this.#socket.resume();
    });
  }
}

/** The close frame among whole frames of a server (RFC 6455, 5.2). */
function closeFrame(bytes: Buffer): { code: number; reason: string } | undefined {
  for (let at = 0; at + 2 <= bytes.length;) {
    const short = bytes[at + 1]! & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (at + head > bytes.length) return undefined;
    const length =
      short === 127
        ? Number(bytes.readBigUInt64BE(at + 2))
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : short;
    if (at + head + length > bytes.length) return undefined;
    const body = bytes.subarray(at + head, at + head + length);
    if ((bytes[at]! & 0x0f) === 8)
      return { code: body.readUInt16BE(0), reason: body.subarray(2).toString() };
    at += head + length;
  }
  return undefined;
}

/** A client as it should be: it answers when it is asked. */
class Reader {
  readonly #socket: WebSocket;
  /** The value of the first series that it was told last. */
  #last = -1;
  #wake: () => void = () => undefined;

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener("message", ({ data }) => {
      const message: LiveMessage = JSON.parse(String(data));
      if (message.type === "ping") this.#socket.send("pong");
      else if (message.type !== "removed") this.#last = message.series[0]?.last.at(-1) ?? -1;
      this.#wake();
    });
    this.#socket.addEventListener("close", () => this.#wake());
  }

  /** Waits until it was told of a value. */
  async hears(value: number): Promise<void> {
    while (this.#last !== value) {
      expect(this.#socket.readyState).toBeLessThan(WebSocket.CLOSING);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.#socket.close();
  }
}

/** The processes that a process started, and those that they started. */
function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return [pid, ...children.filter((text) => text !== "").flatMap((child) => family(Number(child)))];
}

/** Memory of the server's processes, bytes. */
const memory = (): number =>
  family(process.pid).reduce((sum, pid) => {
    const [, kilobytes = "0"] =
      /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return pid === process.pid ? sum : sum + Number(kilobytes) * 1024;
  }, 0);

const post = async (round: number): Promise<void> => {
  const now = Date.now();
  const body = Array.from({ length: SERIES }, (_, i) => ({
    name: "torrent",
    value: round + i / 7,
    timestamp: now,
    labels: { host: `a.long.name.of.a.host.${i}` },
  }));
  const response = await fetch(`${server.url}/api/v1/points`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
};

test("sockets that do not read are dropped at a bound; one that reads hears everything", async () => {
  await post(0);
  const path = "/api/v1/live?metric=torrent";
  const reader = new Reader(`${server.url.replace("http", "ws")}${path}`);
  await reader.hears(0);
  const deaf = await Promise.all(Array.from({ length: DEAF }, () => Deaf.open(server.port, path)));
  let before = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    await post(round);
    await reader.hears(round);
    if (round === 2) before = memory();
  }
  // Kept for all who do not read, it would be 24 MB a round.
  expect(memory() - before).toBeLessThan(100e6);
  for (const one of deaf) {
    const { code, reason, bytes } = await one.read();
    expect([code, reason]).toEqual([1013, expect.stringContaining("connect again")]);
    expect(bytes).toBeLessThan(MOST);
  }
  reader.close();
});
