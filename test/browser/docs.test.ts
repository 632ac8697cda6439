// /docs: the API as a page.

import { describe, expect, test } from "vitest";
import { AGENTS } from "../../src/ui/agents.ts";
import { site } from "./pages.ts";

const store = site();
const { open } = store;

describe("/docs", () => {
  test("the command that stores a point works today, whenever that is", async () => {
    const page = await open("/docs");
    const command = page.locator('[data-operation="POST /api/v1/points"] .command');
    const [, body = ""] = /-d '(.*)'/s.exec((await command.textContent()) ?? "") ?? [];
    const [, name = ""] = /"name":"([^"]*)"/.exec(body) ?? [];
    const url = `${store.server.url}/api/v1`;
    const stored = await fetch(`${url}/points`, { method: "POST", body });
    expect(await stored.json()).toEqual({ accepted: 1 });
    const read = await fetch(`${url}/query?metric=${encodeURIComponent(name)}&from=-5m`);
    expect(await read.json()).toMatchObject({ series: [{ count: [1] }] });
  });

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
    await expect
      .poll(() => points.locator(".command").textContent())
      .toContain(`-d '{"name":"cpu.load"`);
    await points.locator('[data-parameter="precision"]').waitFor();
    const codes = page.locator("#errors [data-code]");
    await expect.poll(() => codes.count()).toBeGreaterThan(20);
    await page.locator('[data-code="over_limit"]').getByText("the others are stored").waitFor();
  });

  test("gives each agent its lines, with the address of the store, as they were tried", async () => {
    const page = await open("/docs#agents");
    await page.locator("[data-agent]").first().waitFor();
    const shown = await page
      .locator("[data-agent]")
      .evaluateAll((all) =>
        all.map((one) => [one.getAttribute("data-agent"), one.querySelector("code")?.textContent]),
      );
    expect(shown).toEqual(AGENTS.map(({ id, lines }) => [id, lines(store.server.url, "any")]));
  });
});
