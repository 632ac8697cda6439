// Load on one HTTP address over a few keep-alive connections, on bare sockets in a thread of its own,
// so that the client is not what is measured.

import { connect } from "node:net";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

export interface Load {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  /** Bodies are sent in turn. */
  readonly bodies: readonly (string | Uint8Array)[];
  readonly connections: number;
  /** Undefined: until each body was sent once. */
  readonly durationMs?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** @throws when an answer is not 2xx. */
export function runLoad(load: Load): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: load });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

async function measure(load: Load): Promise<LoadResult> {
  const { hostname, port, pathname, search } = new URL(load.url);
  const headers = Object.entries(load.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const requests = load.bodies.map((body) =>
    Buffer.concat([
      Buffer.from(
        `${load.method} ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\n` +
          `${headers.join("")}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
      ),
      Buffer.from(body),
    ]),
  );
  const times: number[] = [];
  const start = performance.now();
  const end = start + (load.durationMs ?? Infinity);
  const most = load.durationMs === undefined ? requests.length : Infinity;
  let next = 0;
  const connection = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      let sentAt = 0;
      let answer = "";
      const send = (): void => {
        if (next >= most || performance.now() >= end) {
          socket.end();
          resolve();
          return;
        }
        answer = "";
        sentAt = performance.now();
        socket.write(requests[next++ % requests.length]!);
      };
      socket.on("connect", send);
      socket.on("error", reject);
      socket.on("data", (chunk) => {
        answer += chunk.toString("latin1");
        if (!isComplete(answer)) return;
        if (!answer.startsWith("HTTP/1.1 2")) {
          socket.destroy();
          reject(new Error(answer.slice(0, 500)));
          return;
        }
        times.push(performance.now() - sentAt);
        send();
      });
    });
  await Promise.all(Array.from({ length: load.connections }, connection));
  const seconds = (performance.now() - start) / 1_000;
  times.sort((a, b) => a - b);
  const at = (quantile: number): number => times[Math.floor(times.length * quantile)] ?? NaN;
  return { requests: times.length, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function isComplete(answer: string): boolean {
  const head = answer.indexOf("\r\n\r\n");
  if (head < 0) return false;
  if (answer.startsWith("HTTP/1.1 204")) return true;
  const length = /content-length: (\d+)/i.exec(answer.slice(0, head))?.[1];
  return length === undefined
    ? answer.endsWith("0\r\n\r\n")
    : answer.length >= head + 4 + Number(length);
}

if (!isMainThread) parentPort?.postMessage(await measure(workerData as Load));
