// A server that is open on its machine, asked with the headers that browsers send for pages of others:
// what reaches the Worker behind the development server is still what was sent.

import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../support/server.ts";

let server: Server;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server.stop());

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** `fetch` would not let a Host be set. */
const ask = (path: string, { method = "GET", headers = {}, body }: Asked = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port: server.port, path, method, headers })
      .on("response", (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
      .on("upgrade", ({ statusCode }, socket) => {
        socket.destroy();
        resolve(statusCode ?? 0);
      })
      .on("error", reject)
      .end(body);
  });

const body = '{"name":"planted","value":1}';
const origin = "https://evil.example";
const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
};

test("a page of another origin writes nothing and opens no socket", async () => {
  const types = ["text/plain", "application/x-www-form-urlencoded"];
  for (const type of types) {
    const headers = { origin, "content-type": type };
    expect(await ask("/api/v1/points", { method: "POST", headers, body })).toBe(403);
  }
  const headers = { origin, ...upgrade };
  expect(await ask("/api/v1/live?metric=planted", { headers })).toBe(403);
});

test("a Host that is not this machine reads, writes and deletes nothing", async () => {
  const headers = { host: `evil.example:${server.port}` };
  expect(await ask("/api/v1/metrics", { headers })).toBe(403);
  expect(await ask("/api/v1/points", { method: "POST", headers, body })).toBe(403);
  expect(await ask("/api/v1/metric?name=planted", { method: "DELETE", headers })).toBe(403);
});

test("files of the page say as much as the answers of the API", async () => {
  for (const path of ["/", "/docs", "/embed", "/icon.svg", "/healthz", "/api/v1/nothing"]) {
    const { headers } = await fetch(server.url + path);
    expect([path, headers.get("x-content-type-options")]).toEqual([path, "nosniff"]);
    expect([path, headers.has("cache-control")]).toEqual([path, true]);
  }
});

test("plain curl, and the page itself, do all of it", async () => {
  const own = { origin: server.url, "sec-fetch-site": "same-origin" };
  expect(await ask("/api/v1/metric?name=planted")).toBe(404);
  expect(await ask("/api/v1/points", { method: "POST", body })).toBe(200);
  expect(await ask("/api/v1/points", { method: "POST", headers: own, body })).toBe(200);
  expect(await ask("/api/v1/live?metric=planted", { headers: { ...own, ...upgrade } })).toBe(101);
  const byName = { host: `localhost:${server.port}` };
  expect(await ask("/api/v1/metrics", { headers: byName })).toBe(200);
});
