// The rules of alerts, each minute: measured, decided, told. Two runs at once, or one that is late, send
// nothing twice: what is to be sent is written first, by who finds the row as it was read, and belongs
// to that run for a while. Where the answer of a webhook was lost, it is sent again under its key.

import { type RuleState, step, unmeasured } from "../../core/alerts/machine.ts";
import { claim, settle } from "../../core/alerts/telling.ts";
import type { Rule } from "../../core/alerts/rule.ts";
import * as LIMITS from "../../core/limits.ts";
import { MINUTE } from "../../core/tiers.ts";
import {
  type AlertRuleRow,
  changeStates,
  readRules,
  type StateChange,
} from "../../d1/alert-rules.ts";
import { measure } from "../alerts/read.ts";
import { sendNotice } from "../alerts/send.ts";
import { report } from "../../durable/report.ts";
import type { Env } from "../env.ts";
import { sourceOf } from "../read/source.ts";
import type { Readings } from "./free-plan.ts";

interface Decided {
  readonly row: AlertRuleRow;
  readonly rule: Rule;
  readonly before: RuleState;
  readonly state: RuleState;
}

/**
 * Rows of D1 that it wrote and read, but for what rules read of metrics, which they do by `readings`.
 * @throws D1Failed
 */
export async function runAlerts(
  env: Env,
  clock: { readonly now: () => number },
  readings: Readings = { env, isLeft: () => true },
): Promise<{ readonly written: number; readonly read: number }> {
  const { rows, counted } = await readRules(env.DB);
  if (rows.length === 0) return counted;
  const decided = await decide(readings, rows, clock);
  const changed = decided.filter(({ before, state }) => before !== state);
  if (changed.length === 0) return counted;
  const written = await changeStates(env.DB, changed.map(changeOf));
  const turns = new Map(written.rows.map(({ id, turn }) => [id, turn]));
  const mine = changed.filter(
    ({ row, before, state }) => turns.has(row.id) && isClaimed(before, state),
  );
  const settled: StateChange[] = [];
  for (let at = 0; at < mine.length; at += LIMITS.noticesAtOnce)
    settled.push(
      ...(await Promise.all(
        mine.slice(at, at + LIMITS.noticesAtOnce).map(async ({ row, state }) => {
          const { key, rule, alerts } = state.notice!;
          const { id, page } = row;
          const problem = await sendNotice(env, row, { id, rule, key, alerts, page }, clock.now());
          const next = settle(state, problem, clock.now());
          return { id, turn: turns.get(id)!, state: JSON.stringify(next) };
        }),
      )),
    );
  const last = settled.length === 0 ? undefined : await changeStates(env.DB, settled);
  return {
    read: counted.read + written.counted.read + (last?.counted.read ?? 0),
    written: counted.written + written.counted.written + (last?.counted.written ?? 0),
  };
}

const changeOf = ({ row: { id, turn }, state }: Decided): StateChange => ({
  id,
  turn,
  state: JSON.stringify(state),
});

const isClaimed = (before: RuleState, { notice }: RuleState): boolean =>
  notice !== undefined && notice.nextAt !== before.notice?.nextAt;

async function decide(
  { env, isLeft }: Readings,
  rows: readonly AlertRuleRow[],
  clock: { readonly now: () => number },
): Promise<readonly Decided[]> {
  const now = clock.now();
  const at = Math.floor(now / MINUTE) * MINUTE;
  const parsed = rows.flatMap((row) => parsedOf(row) ?? []);
  const measured = await measure(
    sourceOf(env, "", now),
    parsed.map(({ rule }) => rule),
    at,
    new Set(parsed.flatMap(({ rule, before }) => (before.health.kind === "failed" ? [rule] : []))),
    isLeft,
  );
  // Measuring may have taken long: until then nothing is promised to anybody.
  const until = clock.now() + LIMITS.noticeLeaseMs;
  let notices = 0;
  return parsed.map(({ row, rule, before }) => {
    const found = measured.get(rule);
    const next =
      found === undefined
        ? unmeasured(before, at)
        : bounded(before, step(rule, before, found, at), at);
    const isTold = row.url !== "" && row.silenced_until <= now && notices < LIMITS.noticesPerRun;
    const key = `minuet-${row.id}-${row.turn}-${now}`;
    const state = isTold
      ? claim(rule, next, key, { now, until, most: LIMITS.alertsPerNotice })
      : next;
    if (isClaimed(before, state)) notices++;
    return { row, rule, before, state };
  });
}

/** Undefined when it cannot be read: the others go on. */
function parsedOf(row: AlertRuleRow): Omit<Decided, "state"> | undefined {
  try {
    return {
      row,
      rule: JSON.parse(row.rule) as Rule,
      before: JSON.parse(row.state) as RuleState,
    };
  } catch (error) {
    report("alert_rule_unreadable", error, { rule: row.id });
    return undefined;
  }
}

/** A state that would not fit its row is not taken. */
function bounded(before: RuleState, next: RuleState, at: number): RuleState {
  if (next === before || JSON.stringify(next).length <= LIMITS.alertStateCharacters) return next;
  const message = `its alerts have more than ${LIMITS.alertStateCharacters} characters of labels (alertStateCharacters): split by fewer labels, or filter`;
  const isKnown = before.health.kind === "failed" && before.health.message === message;
  return isKnown ? before : { ...before, health: { kind: "failed", message }, at };
}
