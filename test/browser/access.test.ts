// A store with a token: the page asks for it, exchanges it for a cookie, and is known by that.

import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../support/server.ts";
import { chartOf, findings, liveOf, SCHEMES, site } from "./pages.ts";

const TOKEN = "s3cret/(with)+odd=signs";
/** Serves a page of another origin. */
const shop = createServer((_, response) =>
  response.setHeader("content-type", "text/html").end("<!doctype html><title>Shop</title>"),
);
const port = await freePort();
const SHOP = `http://127.0.0.1:${port}`;
const { open, post } = site({ vars: { API_TOKEN: TOKEN, ALLOWED_ORIGINS: SHOP } });

beforeAll(async () => {
  await new Promise<void>((resolve) => shop.listen(port, resolve));
  await post({ name: "guarded", value: 1 });
});
afterAll(() => shop.close());

test("asks for the token, says when it is wrong, and remembers the right one", async () => {
  const page = await open("/?metric=guarded");
  const prompt = page.locator("[data-state=refused]");
  await prompt.getByText("Paste the one that you were given").waitFor();
  const field = prompt.getByLabel("Token");
  await field.fill("wrong");
  await field.press("Enter");
  await prompt.getByText("not one of this store").waitFor();
  await field.fill(TOKEN);
  await field.press("Enter");
  await chartOf(page, '[data-metric="guarded"]');
  await liveOf(page);
  expect(page.url()).not.toContain("s3cret");
  const readable = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
  );
  expect(readable).not.toContain("s3cret");
  const [cookie, ...others] = await page.context().cookies();
  expect(others).toEqual([]);
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", secure: false });
  expect(cookie?.value).not.toContain("s3cret");

  await page.reload();
  await chartOf(page);
  await page.goto(new URL("/docs", page.url()).href);
  await page.locator("[data-operation]").first().waitFor();
  await expect.poll(() => page.locator("body").textContent()).not.toContain(TOKEN);

  await page.goBack();
  await page.getByLabel("Settings and more").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await prompt.waitFor();
  expect(await page.context().cookies()).toEqual([]);
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

test("a browser that keeps no cookie is told so, and a token that only writes is of no use here", async () => {
  const page = await open("/?metric=guarded");
  const prompt = page.locator("[data-state=refused]");
  const field = prompt.getByLabel("Token");
  const response = await fetch(new URL("/api/v1/tokens", page.url()), {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ name: "agent", scope: "write" }),
  });
  const { token } = (await response.json()) as { readonly token: string };
  await field.fill(token);
  await field.press("Enter");
  await prompt.getByText("only stores points").waitFor();
  expect(await page.context().cookies()).toEqual([]);
  // As the store answers when no cookie comes.
  const error = { code: "unauthorized", message: "No token" };
  await page.route("**/api/v1/session", (route) =>
    route.request().method() === "GET"
      ? route.fulfill({ status: 401, json: { error } })
      : route.continue(),
  );
  await field.fill(TOKEN);
  await field.press("Enter");
  await prompt.getByText("did not keep its cookie").waitFor();
});

test("a token that is revoked ends what it was exchanged for: the page asks again", async () => {
  const page = await open("/?metric=guarded");
  const admin = { authorization: `Bearer ${TOKEN}` };
  const tokens = new URL("/api/v1/tokens", page.url());
  const body = JSON.stringify({ name: "guest", scope: "read", prefix: "guarded" });
  const made = await fetch(tokens, { method: "POST", headers: admin, body });
  const { id, token } = (await made.json()) as { readonly id: number; readonly token: string };
  const field = page.locator("[data-state=refused]").getByLabel("Token");
  await field.fill(token);
  await field.press("Enter");
  await chartOf(page, '[data-metric="guarded"]');
  await liveOf(page);
  await fetch(`${tokens.href}/${id}`, { method: "DELETE", headers: admin });
  await page.reload();
  await field.waitFor();
});

test("a page of an allowed origin posts its own metrics with a token, and one of another does not", async () => {
  const page = await open("/?metric=guarded");
  const store = new URL(page.url()).origin;
  const posts = async (origin: string): Promise<unknown> => {
    await page.goto(`${origin}/`);
    return await page.evaluate(
      async ([store, token]) => {
        try {
          const response = await fetch(`${store}/api/v1/points`, {
            method: "POST",
            headers: {
              authorization: `Bearer ${token}`,
              "content-type": "application/json",
              "idempotency-key": String(Math.random()),
            },
            body: '{"name":"shop.clicks","value":1}',
            keepalive: true,
          });
          return await response.json();
        } catch {
          return "refused";
        }
      },
      [store, TOKEN] as const,
    );
  };
  expect(await posts(SHOP)).toEqual({ accepted: 1 });
  expect(await posts(`http://localhost:${port}`)).toBe("refused");
});

test("the page is framed by no other, and runs its own code only", async () => {
  const page = await open("/?metric=guarded");
  const own =
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'";
  for (const [path, policy] of [
    ["/", `${own}; frame-ancestors 'none'`],
    ["/tokens", `${own}; frame-ancestors 'none'`],
    // A panel may stand in anybody's page.
    ["/embed?metric=guarded", own],
  ] as const) {
    const { headers } = await fetch(new URL(path, page.url()));
    expect(headers.get("content-security-policy"), path).toBe(policy);
    expect(headers.get("x-content-type-options"), path).toBe("nosniff");
    expect(headers.get("referrer-policy"), path).toBe("no-referrer");
    expect(headers.get("strict-transport-security"), path).toBe("max-age=31536000");
  }
});

for (const colorScheme of SCHEMES)
  test(`axe finds nothing in ${colorScheme}`, async () => {
    const page = await open("/?metric=guarded", { colorScheme });
    await page.locator("[data-state=refused]").getByLabel("Token").waitFor();
    await expect.poll(() => findings(page)).toEqual([]);
  });

test("tokens are made, shown once, and revoked after a second thought", async () => {
  const page = await open("/?metric=guarded");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const field = page.locator("[data-state=refused]").getByLabel("Token");
  await field.fill(TOKEN);
  await field.press("Enter");
  await chartOf(page);
  await page.getByLabel("Settings and more").click();
  await page.getByRole("link", { name: "Tokens" }).click();
  await page.getByLabel("Name").fill("web reader");
  await page.getByLabel("It may").selectOption("Read");
  await page.getByLabel("Only metrics that begin with").fill("guarded");
  await page.getByLabel("It expires").selectOption("In 90 days");
  await page.getByRole("button", { name: "Create token" }).click();
  await page.getByText("Copy it now").waitFor();
  await page.getByRole("button", { name: "Copy" }).click();
  const token = await page.evaluate(() => navigator.clipboard.readText());
  expect(token).toMatch(/^minuet_[0-9a-f]{48}$/);
  const asks = async (): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(new URL("/api/v1/metrics", page.url()), { headers })).status;
  };
  expect(await asks()).toBe(200);
  await expect.poll(() => findings(page)).toEqual([]);
  await page.reload();
  const row = page.getByRole("row").filter({ hasText: "web reader" });
  await row.getByText("guarded…").waitFor();
  await expect.poll(() => page.locator("body").textContent()).not.toContain(token);
  await row.getByRole("button", { name: "Revoke web reader" }).click();
  await row.getByRole("button", { name: "Keep" }).click();
  expect(await asks()).toBe(200);
  await row.getByRole("button", { name: "Revoke web reader" }).click();
  await row.getByRole("button", { name: "Revoke", exact: true }).click();
  await row.waitFor({ state: "detached" });
  expect(await asks()).toBe(401);
});

test("/docs asks as well", async () => {
  const page = await open("/docs");
  const field = page.locator("[data-state=refused]").getByLabel("Token");
  await field.fill(TOKEN);
  await field.press("Enter");
  await page.locator("[data-operation]").first().waitFor();
});
