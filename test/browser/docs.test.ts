// /docs: the API as a page.

import { describe, expect, test } from "vitest";
import { site } from "./pages.ts";

const store = site();
const { open } = store;

describe("/docs", () => {
  test("lists every operation of the document", async () => {
    const page = await open("/docs");
    await page.locator("[data-operation]").first().waitFor();
    const document: { paths: Record<string, Record<string, unknown>> } = await (
      await fetch(`${store.server.url}/openapi.json`)
    ).json();
    const expected = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const shown = await page
      .locator("[data-operation]")
      .evaluateAll((all) => all.map((one) => one.getAttribute("data-operation")));
    expect(shown).toEqual(expected);
    const points = page.locator('[data-operation="POST /api/v1/points"]');
    expect(await points.locator(".command").textContent()).toContain(`-d '{"name":"cpu.load"`);
    await points.locator('[data-parameter="precision"]').waitFor();
  });
});
