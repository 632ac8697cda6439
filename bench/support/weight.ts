// What the page's first view weighs.

import type { Browser, Response } from "playwright-core";
import { type Weight, weightOf } from "../../test/support/weight.ts";
import { close, openCold, seenAt } from "./page.ts";

/** Everything that came until the chart and the list were there and the network fell silent. */
export async function weigh(browser: Browser, url: URL): Promise<Weight> {
  const responses: Response[] = [];
  const page = await openCold(browser, {
    url,
    prepare: (opened) => opened.on("response", (one) => responses.push(one)),
  });
  await seenAt(page, "chart");
  await seenAt(page, "list");
  await page.waitForLoadState("networkidle");
  const weight = await weightOf(page, responses);
  await close(page);
  return weight;
}
