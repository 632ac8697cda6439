// What a failure of the platform's storage means, in a few words. Pure; it knows messages, not causes:
// of what it does not know it says nothing.

const TROUBLES = [
  [/\bSQLITE_FULL\b|database or disk is full/, "its disk is full"],
  [
    /maximum DB size/i,
    "its database is full; add one, as wrangler.toml says, or on the free plan keep data for fewer days, remove metrics, or take the paid plan",
  ],
  [
    /\bSQLITE_(CORRUPT|NOTADB)\b|disk image is malformed|file is not a database/,
    "its database is damaged",
  ],
  [/\bSQLITE_(IOERR|CANTOPEN|READONLY|PERM)/, "its files cannot be read or written"],
  // The runtime keeps the cause from the Worker, and logs it.
  [/^internal error\b/, "the runtime failed, and its log says why"],
] as const;

/** Why a shard or D1 did not do what it was asked, by the error's message; undefined when unknown. */
export const troubleOf = (message: string): string | undefined =>
  TROUBLES.find(([sign]) => sign.test(message))?.[1];
