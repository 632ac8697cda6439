// The most memory that the Worker's isolate (Worker, cron and shards) has while something runs: what V8
// holds, garbage included, and array buffers, looked at every few milliseconds by the inspector.

import { setTimeout as sleep } from "node:timers/promises";

interface Usage {
  readonly usedSize: number;
  readonly backingStorageSize?: number;
}

const EVERY_MS = 10;

export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", (event) => {
      const { id = 0, result } = JSON.parse(String(event.data)) as {
        readonly id?: number;
        readonly result?: unknown;
      };
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
  }

  /** @throws when there is no inspector on the port. */
  static async open(port: number): Promise<Inspector> {
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as readonly {
      readonly id: string;
      readonly webSocketDebuggerUrl: string;
    }[];
    const target = targets.find(({ id }) => id.includes("minuet")) ?? targets[0];
    if (target === undefined) throw new Error(`no inspector target on port ${port}`);
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("the inspector refused")));
    });
    return new Inspector(socket);
  }

  /** Bytes now. */
  async bytes(): Promise<number> {
    const { usedSize, backingStorageSize = 0 } = (await this.#call(
      "Runtime.getHeapUsage",
    )) as Usage;
    return usedSize + backingStorageSize;
  }

  /** Bytes after a collection. */
  async collected(): Promise<number> {
    // A snapshot begins with a collection; asking for one alone is never answered.
    await this.#call("HeapProfiler.takeHeapSnapshot");
    return await this.bytes();
  }

  /** The most bytes above `idle` while `work` runs. */
  async peak(idle: number, work: () => Promise<unknown>): Promise<number> {
    let most = 0;
    const ending = new AbortController();
    const watching = (async () => {
      while (!ending.signal.aborted) {
        most = Math.max(most, await this.bytes());
        await sleep(EVERY_MS);
      }
    })();
    try {
      await work();
    } finally {
      ending.abort();
      await watching;
    }
    return most - idle;
  }

  close(): void {
    this.#socket.close();
  }

  #call(method: string): Promise<unknown> {
    const id = ++this.#last;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method }));
    });
  }
}
