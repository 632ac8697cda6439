// The limits of PromQL, a part of ../limits.ts, with which they are imported.

/** Characters of a PromQL query: stops programs that take seconds to read. */
export const queryCharacters = 100_000;
/** Levels of a PromQL expression, each parenthesis and each operator of a chain one: bounds the stack. */
export const queryDepth = 500;
/** Selectors of a PromQL query, and match[] of a request, each read by itself: bounds what is asked of D1. */
export const selectorsPerQuery = 100;
/** Points a series of an answer to a PromQL query behind its first: Prometheus counts the steps. */
export const pointsPerSeries = 11_000;
/** Points a series that a PromQL subquery may make. */
export const subqueryPoints = 250_000;
/** Samples that one PromQL query may read: stops queries that would take minutes. */
export const querySamples = 50_000_000;
/**
 * Times that a PromQL query may look at a sample or a value: each step of a range looks at all that is
 * in it. Some 10 s of CPU.
 */
export const queryLooks = 1_000_000_000;
/** Values that one PromQL query may hold at once, 9 bytes each: bounds memory. */
export const queryCells = 5_000_000;
/**
 * Minutes of which one selection reads the samples, series after series, however many are kept: beyond, coarser
 * buckets answer sooner.
 */
export const minutesInTurn = 10_000_000;
