// A store with a token: the page asks for it, keeps it, and uses it for everything.

import { beforeAll, expect, test } from "vitest";
import { chartOf, findings, liveOf, SCHEMES, site } from "./pages.ts";

const TOKEN = "s3cret/(with)+odd=signs";
const { open, post } = site({ vars: { API_TOKEN: TOKEN } });

beforeAll(() => post({ name: "guarded", value: 1 }));

test("asks for the token, says when it is wrong, and remembers the right one", async () => {
  const page = await open("/?metric=guarded");
  const prompt = page.locator("[data-state=refused]");
  await prompt.getByText("No token").waitFor();
  const field = prompt.getByLabel("Token");
  await field.fill("wrong");
  await field.press("Enter");
  await prompt.getByText("not the one of this store").waitFor();
  await field.fill(TOKEN);
  await field.press("Enter");
  await chartOf(page, '[data-metric="guarded"]');
  await liveOf(page);
  expect(page.url()).not.toContain("s3cret");

  await page.reload();
  await chartOf(page);
  await page.goto(new URL("/docs", page.url()).href);
  await page.locator("[data-operation]").first().waitFor();
  expect(await page.locator("body").textContent()).not.toContain(TOKEN);

  await page.goBack();
  await page.getByLabel("Settings and more").click();
  await page.getByRole("button", { name: "Forget token" }).click();
  await prompt.waitFor();
});

for (const colorScheme of SCHEMES)
  test(`axe finds nothing in ${colorScheme}`, async () => {
    const page = await open("/?metric=guarded", { colorScheme });
    await page.locator("[data-state=refused]").getByLabel("Token").waitFor();
    expect(await findings(page)).toEqual([]);
  });

test("/docs asks as well", async () => {
  const page = await open("/docs");
  const field = page.locator("[data-state=refused]").getByLabel("Token");
  await field.fill(TOKEN);
  await field.press("Enter");
  await page.locator("[data-operation]").first().waitFor();
});
