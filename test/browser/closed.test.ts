// A store that was deployed without its secret: the page says so, and what to do.

import { expect, test } from "vitest";
import { findings, site } from "./pages.ts";

const { open } = site({ vars: {} });

test("a store without a token is closed, and says how to open it, also when asked again", async () => {
  const page = await open("/?metric=any");
  const refused = page.locator("[data-state=refused]");
  for (let i = 0; i < 2; i++) {
    await refused.getByRole("heading", { name: "This store is closed" }).waitFor();
    await refused.getByText("`npx wrangler secret put API_TOKEN`").waitFor();
    // There is none that one could type.
    expect(await refused.getByLabel("Token").count()).toBe(0);
    const asked = page.waitForResponse((response) => response.status() === 401);
    await refused.getByRole("button", { name: "Try again" }).click();
    await (await asked).finished();
  }
  expect(await findings(page)).toEqual([]);
  const statusOf = async (path: string): Promise<number> =>
    (await fetch(new URL(path, page.url()))).status;
  expect(await Promise.all(["/healthz", "/api/v1/metrics"].map(statusOf))).toEqual([200, 401]);
});
