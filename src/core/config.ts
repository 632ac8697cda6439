// The variables of a store, read and checked: the Worker, its cron and the shards use this alone. A
// wrong one is refused in words, never replaced by something else. Pure.

import { distance } from "fastest-levenshtein";
import { type Scope, SCOPES } from "./caller.ts";
import { databaseName } from "./databases.ts";
import * as LIMITS from "./limits.ts";
import type { Retention } from "./query/plan.ts";
import { err, ok, type Result } from "./result.ts";
import { cut } from "./text.ts";
import { TIERS } from "./tiers.ts";

export interface Config {
  readonly shards: number;
  readonly retention: Retention;
  /** A minute with so many samples, or fewer, keeps them all; one with more keeps a bucket. */
  readonly samplesPerMinute: number;
  /** What a request must bring; undefined: the store is closed to everybody. */
  readonly access: Access | undefined;
  /** Whether everybody may read, without a token. */
  readonly publicRead: boolean;
  /** Whether runs of the cron keep within what the free plan allows one. */
  readonly freePlan: boolean;
  /** Of pages that may ask here and read the answers, besides the store's own. */
  readonly allowedOrigins: readonly string[];
  /** Undefined: Cloudflare Access is no way in. */
  readonly accessTeam: AccessTeam | undefined;
}

/** Cloudflare Access: of whom it says that they passed its policy for this store. */
export interface AccessTeam {
  readonly origin: string;
  readonly audience: string;
  /** What they may do. */
  readonly scope: Scope;
}

/** `open`: everybody who reaches the store may do everything; see `OPEN` below. */
export type Access =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "open"; readonly to: (typeof OPEN)[number] };

/**
 * Values of OPEN, which `npm start` sets and no deployment does. `local`: requests to this machine's
 * own names; `network`: also to its addresses and its names in the local network.
 */
export const OPEN = ["local", "network"] as const;

interface Whole {
  readonly min: number;
  readonly max: number;
  readonly byDefault: number;
  readonly what: string;
}

const days = (byDefault: number): Whole => ({
  min: 0,
  max: LIMITS.retentionDays,
  byDefault,
  what: "a number of days, 0 for ever",
});

/** Of SAMPLES_PER_MINUTE, where it is not set. */
export const SAMPLES_PER_MINUTE = 6;

const WHOLE = {
  SHARDS: { min: 1, max: LIMITS.shards, byDefault: 1, what: "a number of shards" },
  RETENTION_MINUTE_DAYS: days(TIERS.minute.retentionDays),
  RETENTION_HOUR_DAYS: days(TIERS.hour.retentionDays),
  RETENTION_DAY_DAYS: days(TIERS.day.retentionDays),
  SAMPLES_PER_MINUTE: {
    min: 0,
    max: LIMITS.samplesPerMinute,
    byDefault: SAMPLES_PER_MINUTE,
    what: "a number of samples",
  },
} as const satisfies Readonly<Record<string, Whole>>;

/** The variables that stand in wrangler.toml. */
export const SETTINGS: readonly string[] = [
  ...Object.keys(WHOLE),
  "PUBLIC_READ",
  "FREE_PLAN",
  "ALLOWED_ORIGINS",
  "ACCESS_TEAM_DOMAIN",
  "ACCESS_AUD",
  "ACCESS_SCOPE",
];

const NAMES: readonly string[] = [...SETTINGS, "OPEN", "API_TOKEN"];

/** Variables and secrets by name; bindings may stand among them. */
type Variables = ReadonlyMap<string, unknown>;

/**
 * `environment` is what the platform hands over: variables, secrets and bindings. The error names
 * each variable that is wrong, its value, why, and what to do.
 */
export function readConfig(environment: object): Result<Config, string> {
  const variables: Variables = new Map(Object.entries(environment));
  const wrong: string[] = [];
  const whole = (name: keyof typeof WHOLE): number => {
    const { min, max, byDefault, what } = WHOLE[name];
    const value = variables.get(name);
    if (value === undefined) return byDefault;
    const text = typeof value === "number" ? String(value) : value;
    const number = typeof text === "string" && /^ *\d+ *$/.test(text) ? Number(text) : NaN;
    if (number >= min && number <= max) return number;
    wrong.push(`${name} is ${shown(value)}, not ${what} from ${min} to ${max}`);
    return byDefault;
  };
  const config: Config = {
    shards: whole("SHARDS"),
    retention: {
      minute: whole("RETENTION_MINUTE_DAYS"),
      hour: whole("RETENTION_HOUR_DAYS"),
      day: whole("RETENTION_DAY_DAYS"),
    },
    samplesPerMinute: whole("SAMPLES_PER_MINUTE"),
    access: accessOf(variables, wrong),
    publicRead: flagOf("PUBLIC_READ", variables, wrong),
    freePlan: flagOf("FREE_PLAN", variables, wrong),
    allowedOrigins: originsOf(variables, wrong),
    accessTeam: accessTeamOf(variables, wrong),
  };
  if (wrong.length === 0) wrong.push(...outOfOrder(config.retention));
  wrong.push(...misspelt(variables), ...databasesWrong(variables));
  return wrong.length === 0
    ? ok(config)
    : err(`${wrong.join("; ")}. Variables are set in wrangler.toml, or with --var NAME:value`);
}

/** Rules of retention: what is made of something is kept at least as long. */
function outOfOrder({ minute, hour, day }: Retention): string[] {
  const order = [
    ["RETENTION_MINUTE_DAYS", minute, "RETENTION_HOUR_DAYS", hour, "minutes", "hours"],
    ["RETENTION_HOUR_DAYS", hour, "RETENTION_DAY_DAYS", day, "hours", "days"],
  ] as const;
  return order
    .filter(([, finer, , coarser]) => forEver(finer) > forEver(coarser))
    .map(
      ([name, finer, other, coarser, fine, coarse]) =>
        `${name} is ${finer} and ${other} is ${coarser} (0 is for ever): ${coarse} are made of ${fine} and must be kept as long or longer; raise ${other} or lower ${name}`,
    );
}

const forEver = (kept: number): number => (kept === 0 ? Infinity : kept);

/** A token closes the store, also where OPEN is set. */
function accessOf(variables: Variables, wrong: string[]): Access | undefined {
  const open = variables.get("OPEN");
  const secret = variables.get("API_TOKEN");
  // Files and pipes end with a newline that nobody means.
  const token = typeof secret === "string" ? secret.trim() : "";
  if (secret !== undefined && typeof secret !== "string") wrong.push("API_TOKEN is not a text");
  const at = token.search(/[^\x21-\x7e]/);
  if (at >= 0)
    wrong.push(
      `API_TOKEN holds ${token[at] === " " ? "a space" : "a character that is not visible ASCII"} at ${at + 1}: a header cannot carry it. Set another, such as the output of \`openssl rand -hex 32\`, with \`npx wrangler secret put API_TOKEN\``,
    );
  const to = OPEN.find((one) => one === open);
  if (open !== undefined && open !== "" && to === undefined)
    wrong.push(
      `OPEN is ${shown(open)}, not one of ${OPEN.join(", ")}; leave it out of a deployment`,
    );
  if (token !== "") return { kind: "token", token };
  return to === undefined ? undefined : { kind: "open", to };
}

function flagOf(name: string, variables: Variables, wrong: string[]): boolean {
  const value = variables.get(name) ?? "";
  if (value !== "" && value !== "false" && value !== "true")
    wrong.push(`${name} is ${shown(value)}, not true or false`);
  return value === "true";
}

/** As browsers write them: in small letters, without a port that goes without saying. */
const isOrigin = (text: string): boolean =>
  /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?$/.test(text) &&
  !/^(http:.*:80|https:.*:443)$/.test(text);

/** Separated by commas, white space, or both. */
function originsOf(variables: Variables, wrong: string[]): readonly string[] {
  const value = variables.get("ALLOWED_ORIGINS") ?? "";
  const origins =
    typeof value === "string" ? value.split(/[\s,]+/).filter((one) => one !== "") : [];
  if (typeof value !== "string") wrong.push("ALLOWED_ORIGINS is not a text");
  for (const text of origins)
    if (!isOrigin(text))
      wrong.push(
        `ALLOWED_ORIGINS holds ${shown(text)}, not the origin of a page, such as https://shop.example`,
      );
  return origins;
}

function accessTeamOf(variables: Variables, wrong: string[]): AccessTeam | undefined {
  const text = (name: string): string => {
    const value = variables.get(name) ?? "";
    if (typeof value !== "string") wrong.push(`${name} is not a text`);
    return typeof value === "string" ? value.trim() : "";
  };
  const domain = text("ACCESS_TEAM_DOMAIN");
  const audience = text("ACCESS_AUD");
  const given = text("ACCESS_SCOPE");
  const scope = SCOPES.find((one) => one === (given === "" ? "read" : given));
  if (scope === undefined)
    wrong.push(`ACCESS_SCOPE is ${shown(given)}, not one of ${SCOPES.join(", ")}`);
  if (domain === "" && audience === "") return undefined;
  const origin = domain.includes("://") ? domain : `https://${domain}`;
  if (domain === "" || audience === "")
    wrong.push("ACCESS_TEAM_DOMAIN and ACCESS_AUD belong together: one of them is missing");
  // What the keys are fetched by decides who gets in.
  else if (!isOrigin(origin) || !origin.startsWith("https:"))
    wrong.push(
      `ACCESS_TEAM_DOMAIN is ${shown(domain)}, not a domain such as team.cloudflareaccess.com`,
    );
  return scope && { origin, audience, scope };
}

/** DB_1, DB_2, … are databases, without a gap: one that is passed over would hide what it holds. */
function databasesWrong(variables: Variables): string[] {
  const bound = [...variables.keys()].filter((name) => /^DB_\d+$/.test(name));
  const known = Array.from({ length: LIMITS.databases }, (_, index) => databaseName(index));
  const none = bound.filter((name) => !known.includes(name));
  const [missing] = known.filter(
    (name, index) =>
      index > 0 && !variables.has(name) && bound.some((other) => known.indexOf(other) > index),
  );
  const texts = bound.filter((name) => typeof variables.get(name) !== "object");
  return [
    ...none.map((name) => `${name} is no database: they are DB and ${known[1]} to ${known.at(-1)}`),
    ...texts.map((name) => `${name} is ${shown(variables.get(name))}, not a database`),
    ...(missing === undefined
      ? []
      : [`${missing} is missing between the databases that are bound`]),
  ];
}

/** A variable that is not known and looks like one that is would be silently without effect. */
const misspelt = (variables: Variables): string[] =>
  [...variables].flatMap(([name, value]) => {
    if (NAMES.includes(name) || (typeof value !== "string" && typeof value !== "number")) return [];
    const meant = NAMES.find((known) => distance(known, name.toUpperCase()) <= known.length / 5);
    return meant === undefined ? [] : [`${name} is no variable of Minuet: ${meant} is`];
  });

const shown = (value: unknown): string =>
  cut(typeof value === "string" ? JSON.stringify(value) : String(value));
