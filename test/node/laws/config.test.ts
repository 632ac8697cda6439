// Laws of the variables: whatever they hold, a store gets what they say, or a refusal that names the
// variable. Never a number that somebody made up.

import fc from "fast-check";
import { expect, test } from "vitest";
import { readConfig } from "../../../src/core/config.ts";
import * as LIMITS from "../../../src/core/limits.ts";

const DAYS = ["RETENTION_MINUTE_DAYS", "RETENTION_HOUR_DAYS", "RETENTION_DAY_DAYS"] as const;

const anything = fc.oneof(
  fc.integer({ min: -2, max: 70 }).map(String),
  fc.integer({ min: -2, max: 70 }),
  fc.stringMatching(/^[0-9O.e+ -]{0,6}$/),
  fc.string({ maxLength: 8 }),
  fc.double(),
  fc.constantFrom<unknown>(null, true, [], [1], {}, ""),
);

test("a number of shards is the one that was written, or is refused by name", () => {
  fc.assert(
    fc.property(anything, (value) => {
      const config = readConfig({ SHARDS: value });
      if (!config.ok) {
        expect(config.error).toMatch(/^SHARDS is /);
        return;
      }
      const { shards } = config.value;
      expect(shards).toBe(Number(value));
      expect(Number.isInteger(shards) && shards >= 1 && shards <= LIMITS.shards).toBe(true);
    }),
  );
});

test("retention is refused exactly when something is kept longer than what is made of it", () => {
  const days = fc.integer({ min: 0, max: 5 });
  fc.assert(
    fc.property(days, days, days, (...kept) => {
      const config = readConfig(Object.fromEntries(DAYS.map((name, i) => [name, `${kept[i]}`])));
      const [minute = 0, hour = 0, day = 0] = kept.map((one) => (one === 0 ? Infinity : one));
      expect(config.ok).toBe(minute <= hour && hour <= day);
      if (config.ok) expect(Object.values(config.value.retention)).toEqual(kept);
    }),
  );
});

test("a token is what was set without white space around it, or is refused and never told", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 4 }), (text) => {
      const config = readConfig({ API_TOKEN: text });
      const token = text.trim();
      if (config.ok)
        expect(config.value.access).toEqual(token === "" ? undefined : { kind: "token", token });
      else expect(config.error).toMatch(/^API_TOKEN holds (a space|a character)/);
      expect(config.ok).toBe(/^[!-~]*$/.test(token));
    }),
  );
});

test("a name with a letter changed, missing or doubled is refused, and names the one that was meant", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...DAYS),
      fc.nat(),
      fc.constantFrom("", "X", "AA"),
      (name, at, letters) => {
        const i = at % name.length;
        const typo = name.slice(0, i) + letters + name.slice(i + 1);
        fc.pre(typo !== name);
        const config = readConfig({ [typo]: "3" });
        expect(config).toEqual({
          ok: false,
          error: expect.stringContaining(`${typo} is no variable of Minuet: ${name} is`),
        });
      },
    ),
  );
});
