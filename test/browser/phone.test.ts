// A new user with a phone and no documentation: from an empty store to a link that somebody else opens.

import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { chartOf, findings, fits, site } from "./pages.ts";

const TOKEN = "phone-token";
const { open } = site({ vars: { API_TOKEN: TOKEN } });

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
/** What a finger hits, CSS pixels. */
const FINGER = 44;

/** What can be tapped within, and is lower than a finger is wide, once it is there. */
const tooSmall = (within: Locator): Promise<string[]> =>
  within.locator("button, a, input, select, summary").evaluateAll(
    (all, least) =>
      all.flatMap((one) => {
        const { height } = one.getBoundingClientRect();
        // A switch or a choice is as large as its label.
        const label = one.closest("label, details > summary");
        const size = label === null ? height : label.getBoundingClientRect().height;
        return height > 0 && size < least ? [`${one.textContent || one.outerHTML} ${size}`] : [];
      }),
    FINGER,
  );

test("a first point, a first view, a link to it, opened by another, and revoked", async () => {
  const page = await open("/", PHONE);
  await page.getByText("Paste the one").waitFor();
  await expect.poll(() => findings(page)).toEqual([]);
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Open" }).tap();

  const send = page.getByRole("button", { name: "Send a test point" });
  await send.waitFor();
  await fits(page);
  // All agents are in one row, which is moved by a finger.
  const tabs = page.getByRole("tablist");
  await expect.poll(async () => (await tabs.boundingBox())!.height).toBeLessThan(2 * FINGER);
  await expect.poll(() => tooSmall(tabs)).toEqual([]);
  await page.getByRole("tab", { name: "Prometheus", exact: true }).tap();
  await page.getByRole("tabpanel").getByText("remote_write").first().waitFor();
  await send.tap();
  await chartOf(page, '[data-metric="hello.minuet"]');
  await fits(page);

  const tools = page.getByLabel("Download and copy");
  await tools.tap();
  const box = page.locator(".tools .menu-box");
  await box.getByText("PNG picture").waitFor();
  await expect.poll(async () => (await box.boundingBox())!.x).toBeGreaterThanOrEqual(0);
  await expect.poll(() => tooSmall(box)).toEqual([]);
  await tools.tap();

  await page.getByLabel("Views and layout").tap();
  await page.getByRole("button", { name: "Save this as a view" }).tap();
  await page.getByLabel("Name of the view").fill("Mine");
  await page.getByRole("button", { name: "Save view" }).tap();
  await page.getByRole("button", { name: "Share Mine" }).tap();
  await page.getByRole("button", { name: "Make a link" }).tap();
  const link = new URL(await page.getByLabel("Link", { exact: true }).inputValue());
  await expect.poll(() => tooSmall(page.locator(".views"))).toEqual([]);
  await expect.poll(() => findings(page)).toEqual([]);

  const other = await open(link.pathname + link.hash, PHONE);
  await other.getByRole("heading", { name: "Mine" }).waitFor();
  await chartOf(other, '[data-metric="hello.minuet"]');
  await fits(other);

  await page.getByRole("button", { name: "Revoke" }).tap();
  await expect.poll(() => page.locator("[data-link]").count()).toBe(0);
  await other.reload();
  await other.getByText("This link shows nothing any more").waitFor();
});
