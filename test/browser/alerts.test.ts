// Alerts on the page: rules are made, fire by the cron, are told to a receiver that is a server of its own, and
// are shown on the charts.

import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../support/server.ts";
import { chartOf, findings, fits, MINUTE, SCHEMES, site } from "./pages.ts";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Notice {
  readonly status: string;
  readonly test?: true;
  readonly rule: { readonly name: string };
}

const received: Received[] = [];
/** What the receiver answers. */
let status = 200;
const receiver = createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (part: string) => (text += part));
  request.on("end", () => {
    received.push({ headers: request.headers, text });
    response.writeHead(status).end();
  });
});
const port = await freePort();
const HOOK = `http://127.0.0.1:${port}/hook`;
const shop = site();

beforeAll(() => new Promise<void>((resolve) => receiver.listen(port, resolve)));
afterAll(() => receiver.close());

const noticeOf = ({ text }: Received): Notice => JSON.parse(text) as Notice;
const told = (): readonly string[] =>
  received
    .map(noticeOf)
    .map(({ status, test, rule }) => `${test ? "test of " : ""}${rule.name}: ${status}`);

/** The start of this minute. */
const minute = (): number => Math.floor(Date.now() / MINUTE) * MINUTE;

const post = (name: string, value: number, before: number): Promise<void> =>
  shop.post({ name, value, labels: { host: "a" }, timestamp: minute() - before });

/** A run of the cron. */
async function cron(): Promise<void> {
  const response = await fetch(
    `${shop.server.url}/cdn-cgi/local/scheduled?cron=*+*+*+*+*&format=json`,
  );
  expect(await response.json()).toMatchObject({ outcome: "ok" });
}

const make = async (rule: object): Promise<void> => {
  const response = await fetch(`${shop.server.url}/api/v1/alerts/rules`, {
    method: "POST",
    body: JSON.stringify({ op: ">", threshold: 10, stat: "last", ...rule }),
  });
  expect(await response.json()).not.toHaveProperty("error");
};

const webhookOf = (form: Locator): Locator => form.getByRole("textbox", { name: /^Webhook/ });
const rowOf = (page: Page, name: string): Locator => page.locator(`.rule[aria-label="${name}"]`);

test("a rule is made of a panel, tried, fires, is shown, and is over", async () => {
  await post("cpu.load", 20, 50_000);
  const page = await shop.open("/?metric=cpu.load&stat=last&where=host=a&range=15m");
  await chartOf(page);
  await page.getByLabel("Download and copy").click();
  await page.getByRole("button", { name: "Alert on this…" }).click();
  const form = page.getByRole("form", { name: "New rule" });
  await expect.poll(() => form.getByLabel("Metric").inputValue()).toBe("cpu.load");
  await expect.poll(() => form.getByLabel("Filters").inputValue()).toBe("host=a");
  await expect.poll(() => form.getByLabel("Its").inputValue()).toBe("last");
  await form.getByLabel("Name").fill("CPU is busy");
  await form.getByLabel("Threshold").fill("10");
  await webhookOf(form).fill(HOOK);
  await webhookOf(form).press("Enter");
  const created = page.getByRole("status").filter({ hasText: "signed by this secret" });
  const secret = await created.locator("pre").innerText();
  expect(new URL(page.url()).search).toBe("");

  const row = rowOf(page, "CPU is busy");
  await row.getByRole("button", { name: "Send a test of CPU is busy" }).click();
  await row.getByText("The test was taken").waitFor();
  const [sent] = received as [Received];
  const [, sec, mac] = /^t=(\d+),v1=(\w+)$/.exec(String(sent.headers["minuet-signature"]))!;
  expect(mac).toBe(createHmac("sha256", secret).update(`${sec}.${sent.text}`).digest("hex"));
  status = 500;
  await row.getByRole("button", { name: "Send a test of CPU is busy" }).click();
  await row.getByText("the webhook answered 500").waitFor();
  status = 200;
  received.length = 0;

  await cron();
  await expect.poll(told).toEqual(["CPU is busy: firing"]);
  await page.reload();
  await row.locator(".rule-state", { hasText: "Firing" }).waitFor();
  await row.locator(".rule-value").getByText("20").waitFor();
  await expect.poll(() => row.locator(".rule-alerts").innerText()).toContain("firing since");

  await row.getByRole("link", { name: "CPU is busy" }).click();
  const chart = await chartOf(page);
  await chart.locator(".fired").waitFor();
  await chart.locator('.of-rule[data-fires][data-words="CPU is busy > 10"]').waitFor();
  await page.getByRole("link", { name: "1 alert firing: CPU is busy" }).waitFor();
  // Of other series nothing fires.
  await page.goto(new URL("/?metric=cpu.load&stat=last&where=host=b", page.url()).href);
  await page.getByRole("link", { name: "1 alert firing: CPU is busy" }).click();

  await post("cpu.load", 1, 10_000);
  await cron();
  await expect.poll(told).toEqual(["CPU is busy: firing", "CPU is busy: resolved"]);
  await page.reload();
  await row.locator(".rule-state", { hasText: "OK" }).waitFor();
  await page.goto(new URL("/?metric=cpu.load&stat=last&range=15m", page.url()).href);
  const after = await chartOf(page);
  await after.locator(".fired").waitFor();
  await after.locator(".of-rule:not([data-fires])").waitFor();
  await expect.poll(() => page.locator(".bell").count()).toBe(0);
});

test("a rule is changed, silenced and deleted by the keyboard", async () => {
  await make({ name: "by hand", metric: "no.such" });
  const page = await shop.open("/alerts");
  const row = rowOf(page, "by hand");
  await row.locator(".rule-state", { hasText: "No data" }).waitFor();
  await row.getByText("Tells nobody").waitFor();
  const settings = page.getByLabel("Settings and more");
  await settings.click();
  await page.getByRole("link", { name: "Explore metrics" }).waitFor();
  await settings.press("Escape");
  await row.getByRole("button", { name: "Change by hand" }).press("Enter");
  const form = page.getByRole("form", { name: "Change by hand" });
  await form.getByLabel("Threshold").press("Escape");
  await form.waitFor({ state: "detached" });
  await row.getByRole("button", { name: "Change by hand" }).press("Enter");
  await form.getByLabel("Threshold").fill("0.5");
  await form.getByLabel("An alert for each").fill("host, zone");
  await webhookOf(form).fill("nowhere.example");
  await webhookOf(form).fill("https://user:word@hooks.example/");
  await webhookOf(form).press("Enter");
  await form.getByText("holds a name or password").waitFor();
  await webhookOf(form).fill("https://hooks.example/x");
  await webhookOf(form).press("Enter");
  await form.waitFor({ state: "detached" });
  await row.getByText("last of no.such over 5 min > 0.5, by host, zone").waitFor();
  await row.getByText("Tells https://hooks.example").waitFor();

  const silence = row.getByLabel("Silence by hand");
  await silence.focus();
  await page.keyboard.press("Enter");
  await row.getByRole("button", { name: "For an hour" }).press("Enter");
  await row.getByText("Silenced until").waitFor();
  await row.getByRole("button", { name: "End the silence of by hand" }).press("Enter");
  await row.getByText("It tells again").waitFor();
  await silence.focus();
  await page.keyboard.press("Enter");
  await row.getByLabel("Until").fill("2099-01-01T12:00");
  await row.getByRole("button", { name: "Silence", exact: true }).press("Enter");
  await row.getByText("Silenced until Thu, 1 Jan 2099, 12:00").waitFor();

  await row.getByRole("button", { name: "Delete by hand" }).press("Enter");
  await row.getByRole("button", { name: "Keep" }).press("Enter");
  await row.getByRole("button", { name: "Delete by hand" }).press("Enter");
  await row.getByRole("button", { name: "Delete", exact: true }).press("Enter");
  await row.waitFor({ state: "detached" });
});

test("what is written and what has the focus stay, as the rules are read again each 20 s, or cannot be", async () => {
  await make({ name: "kept", metric: "no.such" });
  const page = await shop.open("/docs");
  await page.clock.install();
  await page.goto(`${shop.server.url}/alerts`);
  const remove = rowOf(page, "kept").getByRole("button", { name: "Delete kept" });
  const question = page.getByRole("group", { name: "Delete kept?" });
  const hasFocus = (one: Locator): Promise<boolean> =>
    one.evaluate((element) => element === document.activeElement);
  await remove.press("Enter");
  await expect.poll(() => hasFocus(question.getByRole("button", { name: "Delete" }))).toBe(true);
  await page.getByRole("button", { name: "New rule" }).click();
  const name = page.getByRole("form", { name: "New rule" }).getByLabel("Name");
  await name.fill("half written");
  await make({ name: "made meanwhile", metric: "no.such" });
  await page.clock.runFor(20_000);
  await rowOf(page, "made meanwhile").waitFor();
  expect(await hasFocus(name)).toBe(true);

  const looks = /\/alerts\/rules\?/;
  await page.route(looks, (route) => route.abort());
  await page.clock.runFor(20_000);
  const old = page.getByRole("status").filter({ hasText: "What you see is older" });
  await old.waitFor();
  expect(await hasFocus(name)).toBe(true);
  expect(await name.inputValue()).toBe("half written");
  await page.unroute(looks);
  await old.getByRole("button", { name: "Retry" }).click();
  await old.waitFor({ state: "detached" });

  await question.getByRole("button", { name: "Keep" }).press("Enter");
  await expect.poll(() => hasFocus(remove)).toBe(true);
});

test("a rule on a metric that is not there says so, and offers those like it", async () => {
  await post("disk.free", 20, 50_000);
  const page = await shop.open("/alerts?metric=disk.fre");
  const form = page.getByRole("form", { name: "New rule" });
  const note = form.getByRole("status").filter({ hasText: "No metric is called “disk.fre” yet" });
  await expect.poll(() => note.count()).toBe(1);
  await expect.poll(() => findings(page)).toEqual([]);
  await note.getByRole("button", { name: "disk.free" }).click();
  await expect.poll(() => form.getByLabel("Metric").inputValue()).toBe("disk.free");
  await expect.poll(() => note.count()).toBe(0);
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute("name")))
    .toBe("metric");
  // What is empty is heard as well when there is something to say.
  await expect.poll(() => form.getByRole("status").count()).toBe(1);
  await form.getByLabel("Metric").fill("disk.frei");
  await form.getByText("“disk.frei” yet").waitFor();
});

test("who may only read sees rules of its metrics, and changes none", async () => {
  await make({ name: "seen", metric: "cpu.load", webhook: HOOK });
  const page = await shop.open("/alerts");
  await page.route("**/api/v1/session", (route) =>
    route.fulfill({ json: { name: "reader", scope: "read", prefix: "" } }),
  );
  await page.reload();
  await rowOf(page, "seen").waitFor();
  await page.getByText("made and changed by administrators").waitFor();
  await expect
    .poll(() => page.getByRole("button", { name: /New rule|Change|Delete/ }).count())
    .toBe(0);
});

for (const colorScheme of SCHEMES)
  test(`axe finds nothing in ${colorScheme}, and a narrow window has room`, async () => {
    await post("web.errors", 20, 50_000);
    await make({ name: `errors in ${colorScheme}`, metric: "web.errors", by: ["host"] });
    await cron();
    const page = await shop.open("/alerts", { colorScheme });
    await rowOf(page, `errors in ${colorScheme}`)
      .locator(".rule-state", { hasText: "Firing" })
      .waitFor();
    await expect.poll(() => findings(page)).toEqual([]);
    await page.getByRole("button", { name: "New rule" }).click();
    await page.getByRole("form", { name: "New rule" }).getByText("More").click();
    await expect.poll(() => findings(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 800 });
    await fits(page);
    await page.setViewportSize({ width: 360, height: 800 });
    await fits(page);
    await page.goto(new URL("/?metric=web.errors&stat=last&range=15m", page.url()).href);
    await (await chartOf(page)).locator(".fired").first().waitFor();
    await fits(page);
    await expect.poll(() => findings(page)).toEqual([]);
  });
