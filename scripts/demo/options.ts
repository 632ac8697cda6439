// The command line of `npm run demo`. Pure.

import { parseArgs } from "node:util";
import { Stop } from "../stop.ts";

export interface DemoOptions {
  /** Origin of the server, without a slash at the end. */
  readonly url: string;
  readonly token: string | undefined;
  /** How far back, in whole UTC days before today. */
  readonly days: number;
  readonly live: boolean;
  /** Time between the points of a series, past and present, ms. */
  readonly every: number;
  readonly seed: number;
}

export const USAGE = `npm run demo -- [options]: fills a running server with believable data
  --url URL      the server (default http://localhost:8787)
  --token TOKEN  its API_TOKEN, when it has one (default: the variable API_TOKEN)
  --days N       days back (default 90)
  --no-live      end when the past is filled (also --once)
  --every N      seconds between the points of a series, 2 to 60 (default 15)
  --seed N       other data, for a server without (default 1)`;

/** Undefined when help was asked for. @throws Stop */
export function parseOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): DemoOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const url = URL.parse(values.url);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Stop(`--url "${values.url}" is not an http address, like http://localhost:8787`);
  return {
    url: url.href.replace(/\/+$/, ""),
    token: values.token ?? environment.API_TOKEN,
    days: number("--days", values.days, 0, 10_000),
    live: !values["no-live"] && !values.once,
    every: 1_000 * number("--every", values.every, 2, 60),
    seed: number("--seed", values.seed, 0, 2 ** 31),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: { type: "string", default: "http://localhost:8787" },
        token: { type: "string" },
        days: { type: "string", default: "90" },
        "no-live": { type: "boolean", default: false },
        once: { type: "boolean", default: false },
        every: { type: "string", default: "15" },
        seed: { type: "string", default: "1" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new Stop(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Stop(`${name} "${text}" is not a whole number from ${least} to ${most}`);
}
