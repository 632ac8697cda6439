// What a page weighs: the scripts and styles that the browser loaded for it, each compressed as a server would.

import { gzipSync } from "node:zlib";
import type { Page, Response } from "playwright-core";

export interface Weight {
  /** Bytes after gzip −9, each file by itself; scripts within the document included. */
  readonly script: number;
  readonly style: number;
  readonly document: number;
  readonly files: readonly string[];
}

const KINDS: Readonly<Record<string, "script" | "style" | "document">> = {
  script: "script",
  stylesheet: "style",
  document: "document",
};

const gzipped = (body: Buffer | string): number => gzipSync(body, { level: 9 }).length;

/** `responses`: all that came for the page. */
export async function weightOf(page: Page, responses: readonly Response[]): Promise<Weight> {
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
  return { ...weight, files };
}
