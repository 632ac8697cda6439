// What the page's first view weighs: what the browser loaded, each body compressed as a server would.

import { gzipSync } from "node:zlib";
import type { Browser, Response } from "playwright-core";
import { close, openCold, seenAt } from "./page.ts";

export interface Weight {
  /** Bytes after gzip −9, each file by itself; scripts within the document included. */
  readonly script: number;
  readonly style: number;
  readonly document: number;
  readonly files: readonly string[];
}

const gzipped = (body: Buffer | string): number => gzipSync(body, { level: 9 }).length;

/** Everything that came until the chart and the list were there and the network fell silent. */
export async function weigh(browser: Browser, url: URL): Promise<Weight> {
  const responses: Response[] = [];
  const page = await openCold(browser, {
    url,
    prepare: (opened) => opened.on("response", (one) => responses.push(one)),
  });
  await seenAt(page, "chart");
  await seenAt(page, "list");
  await page.waitForLoadState("networkidle");
  const weight = { script: 0, style: 0, document: 0 };
  const files: string[] = [];
  for (const response of responses) {
    const kind = KINDS[response.request().resourceType()];
    if (kind === undefined) continue;
    const bytes = gzipped(await response.body());
    weight[kind] += bytes;
    files.push(`${new URL(response.url()).pathname} ${bytes}`);
  }
  for (const text of await page.locator("script:not([src])").allTextContents())
    weight.script += gzipped(text);
  await close(page);
  return { ...weight, files };
}

const KINDS: Readonly<Record<string, "script" | "style" | "document">> = {
  script: "script",
  stylesheet: "style",
  document: "document",
};
