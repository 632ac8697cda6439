// Waits for the server, and says how to use it.

import type { StartOptions } from "./options.ts";
import { answered, type StatusAnswer, told } from "../../src/core/api.ts";
import { errorOf } from "../answer.ts";
import { Stop } from "../stop.ts";

/** How long the server may take to answer at all, and then to answer well, ms. */
const ANSWER_WITHIN = 60_000;
const SETTLE_WITHIN = 5_000;

/** Where this machine reaches the server, without looking a name up. Pure. */
export function localOrigin({ ip, port }: Pick<StartOptions, "ip" | "port">): string {
  const host = ip === "0.0.0.0" || ip === "::" || ip === "localhost" ? "127.0.0.1" : ip;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * Waits until the Worker answers, and then until its shards and D1 do. `output` gives what the server
 * printed. @throws Stop when the server is not ready in time.
 */
export async function untilReady(
  origin: string,
  token: string | undefined,
  output: () => string,
): Promise<void> {
  let until = Date.now() + ANSWER_WITHIN;
  let answered = false;
  let problem = "";
  while (Date.now() < until) {
    try {
      problem = (await problemOf(origin, token)) ?? "";
      if (problem === "") return;
      if (!answered) until = Date.now() + SETTLE_WITHIN;
      answered = true;
    } catch (error) {
      if (error instanceof Stop) throw error;
      problem = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, answered ? 500 : 50));
  }
  throw new Stop(`The server is not ready at ${origin}: ${problem}\n${output()}`.trimEnd());
}

/** What is wrong with the Worker, or with what it stores in. @throws when there is no answer. */
async function problemOf(origin: string, token: string | undefined): Promise<string | undefined> {
  const health = await ask(`${origin}/healthz`, undefined);
  if (!health.ok) return health.problem;
  const status = await ask(`${origin}/api/v1/status`, token);
  if (!status.ok) return status.problem;
  const { shards, databases } = JSON.parse(status.text) as StatusAnswer;
  return (
    shards.find((shard) => !answered(shard))?.error ??
    databases.flatMap((one) => (told(one) ? [] : [one.error]))[0]
  );
}

type Asked =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

async function ask(url: string, token: string | undefined): Promise<Asked> {
  const response = await fetch(url, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(5_000),
  });
  const text = await response.text();
  if (response.ok) return { ok: true, text };
  const error = errorOf(text);
  // Waiting makes no variable right.
  if (error?.code === "misconfigured") throw new Stop(error.message);
  return {
    ok: false,
    problem: error?.message ?? `status ${response.status} ${text.slice(0, 200)}`,
  };
}

/** What is printed when the server is up. Pure. */
export function welcome({ port, ip, persistTo, token }: StartOptions): string {
  const origin = `http://localhost:${port}`;
  const demo = port === 8787 ? "npm run demo" : `npm run demo -- --url ${origin}`;
  const [closed, header] =
    token === undefined
      ? ["", ""]
      : [
          "It asks for its token. The commands below take it from the variable API_TOKEN.\n",
          ' -H "Authorization: Bearer $API_TOKEN"',
        ];
  const reach = ip === "127.0.0.1" || ip === "localhost";
  const open =
    token === undefined && !reach
      ? `\nIt listens on ${ip}: whoever reaches that may read and write everything.\n`
      : closed;
  return `
Minuet runs on ${origin}
${open}
Write a point, read it back:
  curl ${origin}/api/v1/points${header} -d '{"name":"cpu.load","value":0.42,"labels":{"host":"a"}}'
  curl '${origin}/api/v1/query?metric=cpu.load'${header}
Fill it with 90 days of data:
  ${demo}

The data are in ${persistTo}. Ctrl+C ends the server.
`;
}
