// Stands between an agent and the store, and loses answers: the store has the request then, and the
// agent does not know.

import { createServer, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** What the store answered; whether the agent got it. */
  readonly status: number;
  readonly isLost: boolean;
}

export interface Proxy {
  readonly origin: string;
  readonly port: number;
  /** What passed, in the order of the answers. */
  readonly seen: readonly Seen[];
  /** Loses the answers to the next requests that the store says it has stored. */
  lose(answers: number): void;
  /** Whether it answers 503 to everybody, and the store hears nothing. */
  isAway: boolean;
  stop(): Promise<void>;
}

/** `to` is the origin of the store. */
export async function startProxy(to: string): Promise<Proxy> {
  const seen: Seen[] = [];
  let toLose = 0;
  const server = createServer((asked, answer) => {
    const { method = "", url: path = "", headers } = asked;
    if (proxy.isAway) {
      seen.push({ method, path, headers, status: 503, isLost: false });
      asked.resume();
      answer.writeHead(503, { "retry-after": "1" }).end();
      return;
    }
    const forwarded = request(new URL(path, to), { method, headers }, (answered) => {
      const chunks: Buffer[] = [];
      answered.on("data", (chunk: Buffer) => chunks.push(chunk));
      answered.on("end", () => {
        const status = answered.statusCode ?? 0;
        const isLost = toLose > 0 && method !== "GET" && status < 300 && !path.startsWith("/query");
        if (isLost) toLose--;
        seen.push({ method, path, headers, status, isLost });
        if (isLost) {
          asked.socket.destroy();
          return;
        }
        answer.writeHead(status, answered.headers);
        answer.end(Buffer.concat(chunks));
      });
    });
    forwarded.on("error", () => asked.socket.destroy());
    asked.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: Proxy = {
    origin: `http://127.0.0.1:${port}`,
    port,
    seen,
    lose: (answers) => (toLose = answers),
    isAway: false,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}
