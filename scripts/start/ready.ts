// Waits for the server, and says how to use it.

import type { StartOptions } from "./options.ts";
import { Stop } from "../stop.ts";

/** How long the server may take to answer at all, and then to answer well, ms. */
const ANSWER_WITHIN = 60_000;
const SETTLE_WITHIN = 5_000;

/** Where this machine reaches the server, without looking a name up. Pure. */
export function localOrigin({ ip, port }: Pick<StartOptions, "ip" | "port">): string {
  const host = ip === "0.0.0.0" || ip === "::" || ip === "localhost" ? "127.0.0.1" : ip;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** `output` gives what the server printed. @throws Stop when the server is not ready in time. */
export async function untilReady(origin: string, output: () => string): Promise<void> {
  let until = Date.now() + ANSWER_WITHIN;
  let answered = false;
  let problem = "";
  while (Date.now() < until) {
    try {
      const response = await fetch(`${origin}/healthz`, { signal: AbortSignal.timeout(5_000) });
      const text = await response.text();
      if (response.ok) return;
      problem = `status ${response.status} ${text.slice(0, 200)}`;
      if (!answered) until = Date.now() + SETTLE_WITHIN;
      answered = true;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, answered ? 500 : 50));
  }
  throw new Stop(`The server is not ready at ${origin}: ${problem}\n${output()}`.trimEnd());
}

/** What is printed when the server is up. Pure. */
export function welcome({ port, ip, persistTo }: StartOptions): string {
  const origin = `http://localhost:${port}`;
  const demo = port === 8787 ? "npm run demo" : `npm run demo -- --url ${origin}`;
  const open =
    ip === "127.0.0.1" || ip === "localhost"
      ? ""
      : `\nIt listens on ${ip}: whoever reaches that may read and write everything.\n`;
  return `
Minuet runs on ${origin}
${open}
Write a point, read it back:
  curl ${origin}/api/v1/points -d '{"name":"cpu.load","value":0.42,"labels":{"host":"a"}}'
  curl '${origin}/api/v1/query?metric=cpu.load'
Fill it with 90 days of data:
  ${demo}

The data are in ${persistTo}. Ctrl+C ends the server.
`;
}
