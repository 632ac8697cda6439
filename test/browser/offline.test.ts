// A server that goes away: the page says so, keeps what is still true, and recovers by itself.

import { expect, test } from "vitest";
import { chartOf, liveOf, site } from "./pages.ts";

const store = site();
const { open, post } = store;

test("says that the server is gone, and goes on when it is back", async () => {
  await post([
    { name: "steady", value: 1 },
    { name: "other", value: 2 },
  ]);
  const page = await open("/?metric=steady");
  await chartOf(page);
  await liveOf(page);

  await store.server.kill();
  await page.locator("[data-live=waiting]").waitFor();
  // The chart is still the answer to the question.
  await chartOf(page);
  await page.locator("a[data-range='24h']").click();
  const failed = page.locator("[data-state=failed]");
  await failed.getByText("The server does not answer").waitFor();
  await page.locator('.metric[data-metric="other"]').click();
  await failed.getByRole("heading", { name: "other" }).waitFor();
  await expect.poll(() => failed.locator("canvas").count()).toBe(0);

  await store.restart();
  // The page may have asked again by itself by now; then there is nothing to click.
  await failed
    .getByRole("button", { name: "Retry" })
    .click({ timeout: 5_000 })
    .catch(() => undefined);
  await chartOf(page, '[data-metric="other"]');
  await liveOf(page);
  const sum = page.locator("[data-total=sum]");
  await expect.poll(() => sum.textContent()).toBe("2");
  await post({ name: "other", value: 40 });
  await sum.getByText("42", { exact: true }).waitFor();
});

test("says when the browser has no network, and goes on by itself", async () => {
  await post({ name: "wired", value: 1 });
  const page = await open("/?metric=wired");
  await chartOf(page);
  await liveOf(page);
  await page.context().setOffline(true);
  await page.locator(".live").getByText("Offline").waitFor();
  await page.locator("a[data-range='24h']").click();
  await page.locator("[data-state=failed]").getByText("The server does not answer").waitFor();
  await page.context().setOffline(false);
  await page.locator(".live").getByText("Live", { exact: true }).waitFor();
  await chartOf(page);
});

test("without a socket the page asks instead", async () => {
  await post({ name: "unplugged", value: 1 });
  const page = await open("/docs");
  await page.routeWebSocket(/\/api\/v1\/live/, (socket) => socket.close());
  await page.goto(`${store.server.url}/?metric=unplugged`);
  await chartOf(page);
  await page.locator("[data-live=waiting]").waitFor();
  await post({ name: "unplugged", value: 40 });
  await page.locator("[data-total=sum]").getByText("41", { exact: true }).waitFor();
});

test("an answer that never comes is an error, not a wait for ever", async () => {
  await post({ name: "hung", value: 1 });
  const page = await open("/docs");
  await page.clock.install();
  await page.route("**/api/v1/query**", () => new Promise(() => undefined));
  await page.goto(`${store.server.url}/?metric=hung`);
  await page.clock.runFor(1_000);
  await page.locator(".skeleton").waitFor();
  await page.clock.runFor(30_000);
  await page.locator("[data-state=failed]").getByText("No answer within 30 s").waitFor();
});
