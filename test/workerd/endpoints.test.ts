// The list of endpoints against what stands elsewhere: wrangler.toml says which paths reach the Worker
// at all, and a path that it forgets would be answered with the page.

import { expect, test } from "vitest";
import { ENDPOINTS } from "../../src/worker/routes/list.ts";
import toml from "../../wrangler.toml?raw";

/** Paths of wrangler.toml's `run_worker_first`, where a * stands for anything. */
const patterns = (): string[] => {
  const list = /^run_worker_first = (\[[^\]]*\])/m.exec(toml)?.[1] ?? "[]";
  return JSON.parse(list.replace(/,\s*\]/, "]")) as string[];
};

const covers = (pattern: string, path: string): boolean =>
  pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern;

test("wrangler.toml sends the path of every endpoint to the Worker", () => {
  const missed = ENDPOINTS.map(({ path }) => path).filter(
    (path) => !patterns().some((pattern) => covers(pattern, path)),
  );
  expect(ENDPOINTS.length).toBeGreaterThan(8);
  expect(missed).toEqual([]);
});

test("wrangler.toml sends nothing else: requests for the page are free", () => {
  const unused = patterns().filter(
    (pattern) => !ENDPOINTS.some(({ path }) => covers(pattern, path)),
  );
  expect(patterns().length).toBeGreaterThan(2);
  expect(unused).toEqual([]);
});

test("no two endpoints are the same", () => {
  const all = ENDPOINTS.flatMap(({ methods, path }) =>
    methods.map((method) => `${method} ${path}`),
  );
  expect(new Set(all).size).toBe(all.length);
});
