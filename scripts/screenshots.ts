// `npm run screenshots`: the pictures of the page in docs/, taken of the real page on a server of its
// own with the data of the demo. `npm run screenshots -- panel dark` takes only these. The data are
// those of one evening at every run, so that the pictures differ in their times alone.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { findChromium } from "../test/support/chromium.ts";
import { type Server, startServer } from "../test/support/server.ts";
import { packed } from "./screenshots/png.ts";
import { FIRST_RUN, type Scene, SCENES } from "./screenshots/scenes.ts";
import { Shop } from "./screenshots/shop.ts";
import { runScript, Stop } from "./stop.ts";

const DOCS = fileURLToPath(new URL("../docs", import.meta.url));
/** The address that a reader will have, whatever the port here. */
const ORIGIN = "http://localhost:8787";
const DAYS = 90;
/** How long a page may take to be as it should, ms. */
const PATIENCE = 30_000;
/** What a picture should weigh at most, KiB: the README is read on phones. */
const LARGEST = 400;

function chosen(names: readonly string[]): readonly Scene[] {
  const all = [FIRST_RUN, ...SCENES];
  const unknown = names.find((name) => all.every((scene) => scene.name !== name));
  if (unknown !== undefined)
    throw new Stop(
      `There is no picture "${unknown}", but: ${all.map(({ name }) => name).join(", ")}`,
    );
  return all.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** A browser in which ORIGIN is the server. */
const launch = ({ port }: Server): Promise<Browser> =>
  chromium.launch({
    executablePath: findChromium(),
    // It ends with the process, which ends the server first.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      `--host-resolver-rules=MAP ${new URL(ORIGIN).host} 127.0.0.1:${port}`,
      "--disable-gpu",
      "--hide-scrollbars",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  });

async function take(scene: Scene, browser: Browser, shop: Shop): Promise<void> {
  const { name, width, height, scale = 2, theme = "light", touch = false } = scene;
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: scale,
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    colorScheme: theme,
    reducedMotion: "reduce",
    isMobile: touch,
    hasTouch: touch,
  });
  context.setDefaultTimeout(PATIENCE);
  try {
    const page = await context.newPage();
    await page.goto(ORIGIN + scene.address(shop));
    await scene.ready(page, shop);
    const picture = packed(await page.screenshot({ animations: "disabled" }));
    await writeFile(join(DOCS, `${name}.png`), picture);
    const size = Math.ceil(picture.length / 1_024);
    console.log(`docs/${name}.png: ${size} KiB${size > LARGEST ? `, more than ${LARGEST}` : ""}`);
  } finally {
    await context.close();
  }
}

async function takeAll(scenes: readonly Scene[], server: Server, browser: Browser): Promise<void> {
  const shop = new Shop(server.url);
  if (scenes.includes(FIRST_RUN)) await take(FIRST_RUN, browser, shop);
  const others = scenes.filter((scene) => scene !== FIRST_RUN);
  if (others.length === 0) return;
  console.log(`Filling it with ${DAYS} days …`);
  await shop.fill(DAYS);
  shop.open();
  try {
    for (const scene of others) await take(scene, browser, shop);
  } finally {
    await shop.close();
  }
}

/** Ends a server, and then the process, on a signal. */
function endOnSignal(server: Server): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => void server.stop().finally(() => process.exit(1)));
}

await runScript(async () => {
  const scenes = chosen(process.argv.slice(2));
  console.log("Building the page and starting a server …");
  const server = await startServer();
  endOnSignal(server);
  try {
    const browser = await launch(server);
    try {
      await takeAll(scenes, server, browser);
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
  }
});
