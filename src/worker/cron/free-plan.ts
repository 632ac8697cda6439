// What a run of the cron may do on the free plan: 50 queries of D1, and 10 ms of CPU. Each step has one small round,
// as long as queries are left, and each run begins with another step, so that all have their turn; alerts come before
// the steps in one minute, and behind them in the next. What is cut off for its CPU has done something by then.

import * as LIMITS from "../../core/limits.ts";
import { MINUTE } from "../../core/tiers.ts";
import { D1Failed } from "../../d1/database.ts";
import { databasesOf } from "../../d1/databases.ts";
import type { Env } from "../env.ts";

/** Queries that are kept for what rules come to: states, and what became of notices, in two parts each at worst. */
const KEPT = 4;
/** What a reading asks of each database: two queries, and once more where a shard flushed meanwhile. */
const PER_READING = 4;

/** What rules are measured by. */
export interface Readings {
  readonly env: Env;
  /** Whether another reading may begin. */
  readonly isLeft: () => boolean;
}

/** Counts the queries that an environment's databases are asked. */
export class QueryMeter {
  asked = 0;

  /** The same environment, whose databases count, and refuse what would be more than `most` in all. */
  metered(env: Env, most = Infinity): Env {
    return Object.fromEntries(
      Object.entries(env).map(([name, binding]: [string, unknown]) =>
        /^DB(_\d+)?$/.test(name)
          ? [name, this.#counting(binding as D1Database, most)]
          : [name, binding],
      ),
    ) as unknown as Env;
  }

  /** Whether another round may begin. */
  get isLeft(): boolean {
    return this.asked + LIMITS.queriesPerRound <= LIMITS.queriesPerFreeRun;
  }

  /** One that wants too much is refused before D1 would, which would then not take what is written either. */
  readings(env: Env): Readings {
    const most = LIMITS.queriesPerFreeRun - KEPT;
    const each = PER_READING * databasesOf(env).length;
    return { env: this.metered(env, most), isLeft: () => this.asked + each <= most };
  }

  /** A database, or a session of one. */
  #counting<T extends object>(db: T, most: number): T {
    return new Proxy(db, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: readonly unknown[]): unknown => {
          if (name === "prepare") {
            if (this.asked >= most) throw new D1Failed(`more than ${most} queries in a run`);
            this.asked++;
          }
          const answer: unknown = Reflect.apply(value, target, args);
          return name === "withSession" && answer instanceof Object
            ? this.#counting(answer, most)
            : answer;
        };
      },
    });
  }
}

/** Rules that ask much would leave nothing to the steps, and these nothing to rules. */
export const areAlertsFirst = (now: number): boolean => Math.floor(now / MINUTE) % 2 === 0;

/** Beginning with another one each minute. */
export function inTurn<T>(steps: readonly T[], now: number): readonly T[] {
  const first = Math.floor(now / MINUTE) % Math.max(1, steps.length);
  return [...steps.slice(first), ...steps.slice(0, first)];
}
