// Somebody who asks as much as they can, in a thread of their own: so many requests at a time, one after the
// other, until they are told to end.

import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

export interface Request {
  readonly method: "GET" | "POST";
  /** With its query; `#` stands for another number each time. */
  readonly path: string;
  /** Likewise, where it is a text. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Beside the token; absent: that of JSON. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface Abuse {
  readonly url: string;
  readonly token: string;
  /** In turn. */
  readonly requests: readonly Request[];
  /** At a time. */
  readonly connections: number;
}

/** Answers by status; one that did not come is 0. */
export type Told = Readonly<Record<number, number>>;

/** Begins at once; `end` resolves when all are answered. */
export function beginAbuse(abuse: Abuse): { end(): Promise<Told> } {
  const worker = new Worker(new URL(import.meta.url), { workerData: abuse });
  return {
    end: () =>
      new Promise((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
        worker.postMessage("end");
      }),
  };
}

const JSON_TYPE = { "content-type": "application/json" };

async function run({ url, token, requests, connections }: Abuse): Promise<Told> {
  const told: Record<number, number> = {};
  const ending = new AbortController();
  parentPort?.once("message", () => ending.abort());
  let next = 0;
  const numbered = (text: string, number: number): string =>
    text.includes("#") ? text.replaceAll("#", String(number)) : text;
  const one = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const number = next++;
      const { method, path, body, headers = JSON_TYPE } = requests[number % requests.length]!;
      const status = await fetch(new URL(numbered(path, number), url), {
        method,
        headers: { authorization: `Bearer ${token}`, ...headers },
        ...(body !== undefined && {
          body: typeof body === "string" ? numbered(body, number) : body,
        }),
      })
        .then(async (response) => {
          await response.arrayBuffer();
          return response.status;
        })
        .catch(() => 0);
      told[status] = (told[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  return told;
}

if (!isMainThread) {
  parentPort?.postMessage(await run(workerData as Abuse));
  process.exit(0);
}
