// The variables of a store: right ones are read, wrong ones refused by name with what to do.

import { describe, expect, test } from "vitest";
import { readConfig } from "../../../src/core/config.ts";

const BINDINGS = { DB: {}, DB_1: {}, SHARD: {}, ASSETS: {} };

describe("what is read", () => {
  const reads = (what: string, variables: object, expected: object): void =>
    test(what, () => {
      const config = readConfig({ ...BINDINGS, ...variables });
      expect(config).toMatchObject({ ok: true, value: expected });
    });
  for (const [domain, origin] of [
    ["team.cloudflareaccess.com", "https://team.cloudflareaccess.com"],
    ["httpd.cloudflareaccess.com", "https://httpd.cloudflareaccess.com"],
    ["https://team.cloudflareaccess.com", "https://team.cloudflareaccess.com"],
  ] as const)
    reads(
      `a team of Access: ${domain}`,
      { ACCESS_TEAM_DOMAIN: domain, ACCESS_AUD: "app" },
      { accessTeam: { origin, audience: "app", scope: "read" } },
    );
  reads(
    "defaults",
    {},
    {
      shards: 1,
      retention: { minute: 15, hour: 400, day: 0 },
      samplesPerMinute: 6,
      access: undefined,
    },
  );
  reads("texts, as wrangler.toml has them", { SHARDS: "4" }, { shards: 4 });
  reads("numbers, as it may have them", { SHARDS: 4 }, { shards: 4 });
  reads("0 days is for ever", { RETENTION_HOUR_DAYS: "0" }, { retention: { hour: 0 } });
  reads(
    "all the same length",
    { RETENTION_MINUTE_DAYS: "9", RETENTION_HOUR_DAYS: "9", RETENTION_DAY_DAYS: "9" },
    { retention: { minute: 9, hour: 9, day: 9 } },
  );
  reads(
    "all for ever",
    { RETENTION_MINUTE_DAYS: "0", RETENTION_HOUR_DAYS: "0" },
    { retention: { minute: 0, hour: 0, day: 0 } },
  );
  reads("samples of a minute", { SAMPLES_PER_MINUTE: "12" }, { samplesPerMinute: 12 });
  reads("minutes without samples", { SAMPLES_PER_MINUTE: "0" }, { samplesPerMinute: 0 });
  reads("a token", { API_TOKEN: "(s3cret)" }, { access: { kind: "token", token: "(s3cret)" } });
  reads("a token with a newline", { API_TOKEN: "t\n" }, { access: { kind: "token", token: "t" } });
  reads("an empty token", { API_TOKEN: " \n" }, { access: undefined });
  reads("nothing is public by default", {}, { publicRead: false });
  reads("no other origins by default", { ALLOWED_ORIGINS: " " }, { allowedOrigins: [] });
  reads(
    "other origins",
    { ALLOWED_ORIGINS: "https://shop.example, http://localhost:3000" },
    { allowedOrigins: ["https://shop.example", "http://localhost:3000"] },
  );
  reads("the free plan", { FREE_PLAN: "true" }, { freePlan: true });
  reads("public reading", { PUBLIC_READ: "true" }, { publicRead: true });
  reads("no public reading", { PUBLIC_READ: "false" }, { publicRead: false });
  reads("open", { OPEN: "local" }, { access: { kind: "open", to: "local" } });
  reads("a token beside OPEN", { OPEN: "local", API_TOKEN: "t" }, { access: { kind: "token" } });
  reads("variables of others", { NODE_ENV: "x", TOKEN: "y", SEED: "1", MIGRATIONS: [] }, {});
});

describe("what is refused", () => {
  const refuses = (what: string, variables: object, message: string): void =>
    test(what, () => {
      const config = readConfig({ ...BINDINGS, ...variables });
      const error = config.ok ? "nothing is wrong" : config.error;
      expect(error).toContain(message);
      expect(error).toContain("wrangler.toml");
    });
  for (const domain of ["http://team.cloudflareaccess.com", "ftp://team", "team/path"])
    refuses(
      `no team of Access: ${domain}`,
      { ACCESS_TEAM_DOMAIN: domain, ACCESS_AUD: "app" },
      `ACCESS_TEAM_DOMAIN is "${domain}", not a domain such as team.cloudflareaccess.com`,
    );
  refuses(
    "no scope of Access",
    { ACCESS_TEAM_DOMAIN: "team.cloudflareaccess.com", ACCESS_AUD: "app", ACCESS_SCOPE: "all" },
    'ACCESS_SCOPE is "all", not one of read, write, admin',
  );
  refuses("a word", { SHARDS: "two" }, 'SHARDS is "two", not a number of shards from 1 to 64');
  for (const origin of ["*", "shop.example", "https://shop.example/", "https://Shop.example"])
    refuses(
      `no origin: ${origin}`,
      { ALLOWED_ORIGINS: `https://ok.example,${origin}` },
      `ALLOWED_ORIGINS holds "${origin}", not the origin of a page, such as https://shop.example`,
    );
  refuses(
    "a port that is never sent",
    { ALLOWED_ORIGINS: "https://a.example:443" },
    "a.example:443",
  );
  refuses("a letter for a digit", { RETENTION_HOUR_DAYS: "4O0" }, 'RETENTION_HOUR_DAYS is "4O0"');
  refuses("a gap in databases", { DB_3: {} }, "DB_2 is missing between the databases");
  refuses("a database that is a text", { DB_1: "x" }, 'DB_1 is "x", not a database');
  refuses(
    "one database too many",
    { DB_16: {} },
    "DB_16 is no database: they are DB and DB_1 to DB_15",
  );
  refuses("too many", { SHARDS: "65" }, 'SHARDS is "65", not a number of shards from 1 to 64');
  refuses(
    "more samples than a minute can keep",
    { SAMPLES_PER_MINUTE: "13" },
    'SAMPLES_PER_MINUTE is "13", not a number of samples from 0 to 12',
  );
  refuses("none", { SHARDS: "0" }, 'SHARDS is "0"');
  refuses("a part", { SHARDS: "1.5" }, 'SHARDS is "1.5"');
  refuses("a number with a part", { SHARDS: 1.5 }, "SHARDS is 1.5");
  refuses("a power", { SHARDS: "1e1" }, 'SHARDS is "1e1"');
  refuses(
    "a sign",
    { RETENTION_DAY_DAYS: "-1" },
    'RETENTION_DAY_DAYS is "-1", not a number of days',
  );
  refuses("nothing", { SHARDS: "" }, 'SHARDS is ""');
  refuses("a list", { SHARDS: [2] }, "SHARDS is 2, not");
  refuses("a huge number", { RETENTION_HOUR_DAYS: "9".repeat(400) }, "RETENTION_HOUR_DAYS is");
  refuses(
    "minutes kept longer than hours",
    { RETENTION_MINUTE_DAYS: "500" },
    "RETENTION_MINUTE_DAYS is 500 and RETENTION_HOUR_DAYS is 400 (0 is for ever): hours are made of minutes and must be kept as long or longer; raise RETENTION_HOUR_DAYS or lower RETENTION_MINUTE_DAYS",
  );
  refuses(
    "minutes kept for ever, and hours not",
    { RETENTION_MINUTE_DAYS: "0" },
    "RETENTION_MINUTE_DAYS is 0 and RETENTION_HOUR_DAYS is 400",
  );
  refuses(
    "hours kept longer than days",
    { RETENTION_DAY_DAYS: "300" },
    "RETENTION_HOUR_DAYS is 400 and RETENTION_DAY_DAYS is 300",
  );
  refuses(
    "a name with a letter too many",
    { RETENTION_MINUTES_DAYS: "3" },
    "RETENTION_MINUTES_DAYS is no variable of Minuet: RETENTION_MINUTE_DAYS is",
  );
  refuses("a name in small letters", { shards: "3" }, "shards is no variable of Minuet: SHARDS is");
  refuses("another way to be open", { OPEN: "yes" }, 'OPEN is "yes", not one of local, network');
  refuses("two at once: the first", { SHARDS: "x", OPEN: "yes" }, 'SHARDS is "x"');
  refuses("two at once: the second", { SHARDS: "x", OPEN: "yes" }, 'OPEN is "yes"');

  test("a token is never told", () => {
    const config = readConfig({ API_TOKEN: "hunter2 hunter3" });
    expect(config).toMatchObject({ ok: false });
    expect(JSON.stringify(config)).not.toContain("hunter");
  });
});
