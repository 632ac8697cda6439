// The 24 hours of a UTC day as a table, and which packs have minutes in them: minutes are keyed by hour
// first, so that each hour is a seek.

export const HOURS_OF_DAY = `json_each('${JSON.stringify([...Array(24).keys()])}')`;

/** SQL of the first pack that has minutes on `day` and of which `test` (such as ">= ?1") holds, or null. */
export const firstPack = (day: string, test: string): string =>
  `(SELECT min((SELECT min(m.pack) FROM minute AS m
     WHERE m.hour = ${day} * 24 + h.value AND m.pack ${test})) FROM ${HOURS_OF_DAY} AS h)`;
