// Saved views, events and rules of alerts in a backup: out of a store, and into one that does not have them. No secret
// is among them: a rule comes without its webhook, whose address no store tells again, and links to views do not come.

import type { EventsAnswer } from "../../src/core/api-events.ts";
import type { RulesAnswer } from "../../src/core/api-alerts.ts";
import type { ViewsAnswer } from "../../src/core/api-views.ts";
import type { Client } from "../demo/client.ts";

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
  const events: SettingLine[] = [];
  // The latest first: each answer ends where the next begins.
  const known = new Set<string>();
  for (let to = "+1d"; ;) {
    const answer = await get<EventsAnswer>(
      client,
      `/api/v1/events?from=0&to=${encodeURIComponent(to)}`,
    );
    const fresh = answer.events.filter(({ id }) => !known.has(id));
    for (const { id, timestamp, text, tags } of fresh) {
      known.add(id);
      events.push({ event: { timestamp, text, tags } });
    }
    const last = answer.events.at(-1);
    if (answer.truncated !== true || last === undefined || fresh.length === 0) break;
    to = String(last.timestamp + 1);
  }
  return [
    ...views.map(({ id, name, note, search }) => ({ view: { id, name, note, search } })),
    ...rules.map((rule) => ({ rule: ruleOf(rule) })),
    ...events.toReversed(),
  ];
}

export interface SettingsDone {
  readonly stored: number;
  readonly kept: number;
  /** Rules that were made: they tell nobody yet. */
  readonly rules: readonly string[];
}

/** @throws Stop */
export async function putSettings(
  client: Client,
  lines: readonly SettingLine[],
): Promise<SettingsDone> {
  if (lines.length === 0) return { stored: 0, kept: 0, rules: [] };
  const before = {
    views: new Set((await get<ViewsAnswer>(client, "/api/v1/views")).views.map(({ id }) => id)),
    rules: new Set(
      (await get<RulesAnswer>(client, "/api/v1/alerts/rules")).rules.map((rule) =>
        JSON.stringify(ruleOf(rule)),
      ),
    ),
  };
  const send = (method: string, path: string, body: unknown): Promise<unknown> =>
    client.ask(path, {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  let kept = 0;
  const rules: string[] = [];
  for (const { view, rule, event } of lines)
    if (view !== undefined) {
      const { id, ...of } = view;
      if (before.views.has(id)) kept++;
      else await send("PUT", `/api/v1/views/${encodeURIComponent(id)}`, of);
    } else if (rule !== undefined) {
      if (before.rules.has(JSON.stringify(ruleOf(rule)))) kept++;
      else {
        await send("POST", "/api/v1/alerts/rules", ruleOf(rule));
        rules.push(String(rule.name));
      }
    } // The same event counts once.
    else if (event !== undefined) await send("POST", "/api/v1/events", event);
  return { stored: lines.length - kept, kept, rules };
}
