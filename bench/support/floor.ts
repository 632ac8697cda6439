// What the runtime itself takes for a request that is durable before its answer: Worker → shard → a commit of
// SQLite, which concurrent requests share as in Minuet, the body stored as it came. Nothing is decoded.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import * as LIMITS from "../../src/core/limits.ts";
import { COMPATIBLE } from "./bundle.ts";

const WORKER = `
import { DurableObject } from "cloudflare:workers";
export class Shard extends DurableObject {
  #waiting = [];
  #running = false;
  #rows = 0;
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS journal (slot INTEGER PRIMARY KEY, body BLOB) STRICT");
  }
  append(body) {
    return new Promise((resolve) => {
      this.#waiting.push({ body, resolve });
      if (!this.#running) void this.#run();
    });
  }
  async #run() {
    this.#running = true;
    await scheduler.wait(${LIMITS.gatherMs});
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      const whole = new Uint8Array(group.reduce((sum, { body }) => sum + body.length, 0));
      let at = 0;
      for (const { body } of group) { whole.set(body, at); at += body.length; }
      this.ctx.storage.sql.exec(
        "INSERT INTO journal (slot, body) VALUES (?, ?) ON CONFLICT (slot) DO UPDATE SET body = excluded.body",
        this.#rows++ % ${LIMITS.journalRows}, whole);
      for (const { body, resolve } of group) resolve(body.length);
      await this.ctx.storage.sync();
    }
    this.#running = false;
  }
}
export default { async fetch(request, env) {
  await env.SHARD.getByName("0").append(await request.bytes());
  return new Response(null, { status: 204 });
} };`;

export async function startFloor(): Promise<{ readonly url: URL; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "minuet-floor-"));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: "floor",
      modules: [{ type: "ESModule", path: "index.js", contents: WORKER }],
      compatibilityDate: COMPATIBLE,
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
      durableObjects: { SHARD: { className: "Shard", useSQLite: true } },
      resourcePersistencePath: folder,
    }),
  );
  await miniflare.ready;
  return {
    url: await miniflare.unsafeGetDirectURL(),
    stop: async () => {
      await miniflare.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
