// What a page weighs: the scripts and styles that the browser loaded for it, each compressed as a server would.

import { gzipSync } from "node:zlib";
import type { Page, Response } from "playwright-core";

export interface Weight {
  /** Bytes after gzip −9, each file by itself: of the scripts without which nothing is drawn. */
  readonly first: number;
  /** The same of all scripts that came, also of those that follow by themselves. */
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

/** What a script names to be there before it runs; what it asks for later is in parentheses. */
const IMPORTED = /(?:\bfrom|\bimport)\s*["']([^"']+\.js)["']/g;

/** `responses`: all that came for the page. */
export async function weightOf(page: Page, responses: readonly Response[]): Promise<Weight> {
  const weight = { script: 0, style: 0, document: 0 };
  const files: string[] = [];
  const scripts = new Map<string, Buffer>();
  for (const response of responses) {
    const kind = KINDS[response.request().resourceType()];
    if (kind === undefined) continue;
    const body = await response.body();
    const bytes = gzipped(body);
    weight[kind] += bytes;
    files.push(`${new URL(response.url()).pathname} ${bytes}`);
    if (kind === "script") scripts.set(response.url(), body);
  }
  const named = await page
    .locator("script[src]")
    .evaluateAll((all) => all.map((one) => (one as HTMLScriptElement).src));
  const needed = new Set(named);
  for (const url of needed)
    for (const [, path] of String(scripts.get(url) ?? "").matchAll(IMPORTED))
      needed.add(new URL(path!, url).href);
  let first = 0;
  for (const [url, body] of scripts) if (needed.has(url)) first += gzipped(body);
  for (const text of await page.locator("script:not([src])").allTextContents()) {
    first += gzipped(text);
    weight.script += gzipped(text);
  }
  return { ...weight, first, files };
}
