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
  await prompt.getByText("not one of this store").waitFor();
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

test("what can be no token is refused in words, and the prompt stays", async () => {
  const page = await open("/?metric=guarded");
  const prompt = page.locator("[data-state=refused]");
  const field = prompt.getByLabel("Token");
  for (const [text, word] of [
    ["two words", "a space"],
    ["schlüssel", "“ü”"],
    ["  ", "Type a token"],
    ["kläy🔑", "“ä”"],
  ] as const) {
    await field.fill(text);
    await field.press("Enter");
    await prompt.getByText(word).waitFor();
  }
  // Brackets can be sent: the server says no, and the page asks again.
  await field.fill("wrong(1)");
  await field.press("Enter");
  await prompt.getByText("not one of this store").waitFor();
  // What was copied with the space around it, or its line end, is taken.
  await field.fill(`  ${TOKEN}\t`);
  await field.press("Enter");
  await chartOf(page, '[data-metric="guarded"]');
  await liveOf(page);
});

test("a kept text that is no token does not break the page: it asks again", async () => {
  const page = await open("/docs");
  for (const text of ["schlüssel 🔑", "a b", "line\nend", `${TOKEN}\n`]) {
    await page.evaluate((text) => localStorage.setItem("minuet.token", text), text);
    await page.goto(new URL("/?metric=guarded", page.url()).href);
    if (text.startsWith(TOKEN)) await chartOf(page, '[data-metric="guarded"]');
    else await page.locator("[data-state=refused]").getByLabel("Token").waitFor();
  }
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
