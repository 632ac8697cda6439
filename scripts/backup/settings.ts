// Saved views, events and rules of alerts in a backup: out of a store, and into one that does not have them. No secret
// is among them: a rule comes without its webhook, whose address no store tells again, and links to views do not come.

import type { EventsAnswer } from "../../src/core/api-events.ts";
import type { RulesAnswer } from "../../src/core/api-alerts.ts";
import type { ViewsAnswer } from "../../src/core/api-views.ts";
import { type Client, Refused } from "../demo/client.ts";
import { Stop } from "../stop.ts";

/** What a rule is made of. */
const RULE_FIELDS = [
  "name",
  "metric",
  "stat",
  "by",
  "where",
  "window",
  "op",
  "threshold",
  "for",
  "resolveAfter",
  "missing",
  "shape",
] as const;

type RuleLine = Readonly<Record<(typeof RULE_FIELDS)[number], unknown>>;

const ruleOf = (rule: RuleLine): RuleLine =>
  Object.fromEntries(RULE_FIELDS.map((name) => [name, rule[name]])) as RuleLine;

export interface SettingLine {
  readonly view?: {
    readonly id: string;
    readonly name: string;
    readonly note: string;
    readonly search: string;
  };
  readonly event?: {
    readonly timestamp: number;
    readonly text: string;
    readonly tags: readonly string[];
  };
  readonly rule?: RuleLine;
}

const get = async <Answer>(client: Client, path: string): Promise<Answer> =>
  JSON.parse((await client.ask(path)) ?? "{}") as Answer;

/** @throws Stop */
export async function settingLines(client: Client): Promise<readonly SettingLine[]> {
  const { views } = await get<ViewsAnswer>(client, "/api/v1/views");
  const { rules } = await get<RulesAnswer>(client, "/api/v1/alerts/rules");
  const { events, untold } = await eventsOf(client, 0, "+1d");
  if (untold !== undefined)
    throw new Stop(
      `the events of ${new Date(untold).toISOString()} are as many as an answer holds, so those before are not told: remove some of them, or export with --since 2001-01-01, which leaves views, events and rules out`,
    );
  return [
    ...views.map(({ id, name, note, search }) => ({ view: { id, name, note, search } })),
    ...rules.map((rule) => ({ rule: ruleOf(rule) })),
    ...events.toReversed().map((event) => ({ event })),
  ];
}

type SettingEvent = NonNullable<SettingLine["event"]>;

/**
 * Events of a range, the latest first. `untold`, Unix ms: those of then are more than an answer holds, and those
 * before it not told.
 */
async function eventsOf(
  client: Client,
  from: number,
  until: string,
): Promise<{ readonly events: readonly SettingEvent[]; readonly untold?: number }> {
  const events: SettingEvent[] = [];
  // Each answer ends where the next begins.
  const known = new Set<string>();
  for (let to = until; ;) {
    const answer = await get<EventsAnswer>(
      client,
      `/api/v1/events?from=${from}&to=${encodeURIComponent(to)}`,
    );
    const fresh = answer.events.filter(({ id }) => !known.has(id));
    for (const { id, timestamp, text, tags } of fresh) {
      known.add(id);
      events.push({ timestamp, text, tags });
    }
    const last = answer.events.at(-1);
    if (answer.truncated !== true || last === undefined) return { events };
    if (fresh.length === 0) return { events, untold: last.timestamp };
    to = String(last.timestamp + 1);
  }
}

/** Those of a backup that the store has: sent again, they count once, and are not new. */
async function eventsThere(
  client: Client,
  lines: readonly SettingLine[],
): Promise<ReadonlySet<string>> {
  const times = lines.flatMap(({ event }) => event?.timestamp ?? []);
  if (times.length === 0) return new Set();
  const from = times.reduce((a, b) => Math.min(a, b));
  const to = times.reduce((a, b) => Math.max(a, b)) + 1;
  const { events } = await eventsOf(client, from, String(to));
  return new Set(events.map(eventKey));
}

const eventKey = ({ timestamp, text, tags }: SettingEvent): string =>
  JSON.stringify([timestamp, text, tags]);

export interface SettingsDone {
  readonly stored: number;
  readonly kept: number;
  /** The store refuses them; `why` says so of the first. */
  readonly left: number;
  readonly why?: string;
  /** Rules that were made: they tell nobody yet. */
  readonly rules: readonly string[];
}

/** @throws Stop */
export async function putSettings(
  client: Client,
  lines: readonly SettingLine[],
): Promise<SettingsDone> {
  if (lines.length === 0) return { stored: 0, kept: 0, left: 0, rules: [] };
  const before = {
    views: new Set((await get<ViewsAnswer>(client, "/api/v1/views")).views.map(({ id }) => id)),
    rules: new Set(
      (await get<RulesAnswer>(client, "/api/v1/alerts/rules")).rules.map((rule) =>
        JSON.stringify(ruleOf(rule)),
      ),
    ),
    events: await eventsThere(client, lines),
  };
  const send = (method: string, path: string, body: unknown): Promise<unknown> =>
    client.ask(path, {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const rules: string[] = [];
  /** Says whether it is new. */
  const put = async ({ view, rule, event }: SettingLine): Promise<boolean> => {
    if (view !== undefined) {
      const { id, ...of } = view;
      if (before.views.has(id)) return false;
      await send("PUT", `/api/v1/views/${encodeURIComponent(id)}`, of);
    } else if (rule !== undefined) {
      const text = JSON.stringify(ruleOf(rule));
      if (before.rules.has(text)) return false;
      await send("POST", "/api/v1/alerts/rules", ruleOf(rule));
      before.rules.add(text);
      rules.push(String(rule.name));
    } else if (event !== undefined) {
      if (before.events.has(eventKey(event))) return false;
      await send("POST", "/api/v1/events", event);
    }
    return true;
  };
  let [stored, kept, left] = [0, 0, 0];
  let why: string | undefined;
  for (const line of lines)
    try {
      if (await put(line)) stored++;
      else kept++;
    } catch (error) {
      // An event may be older than events are kept here: the others go in all the same.
      if (!(error instanceof Refused)) throw error;
      left++;
      why ??= `${nameOf(line)}: ${error.message}`;
    }
  return { stored, kept, left, ...(why !== undefined && { why }), rules };
}

const nameOf = ({ view, rule, event }: SettingLine): string =>
  view !== undefined
    ? `view "${view.name}"`
    : rule !== undefined
      ? `rule "${String(rule.name)}"`
      : `event "${event?.text}"`;
