// The limits of what queries hold at once, a part of ../limits.ts, with which they are imported.

/** Bytes that one query may hold at once, give or take a slice: bounds memory. */
export const queryBytes = 32 * 1024 * 1024;
/** The same of all queries of an isolate, which share its 128 MB: those beyond wait for others to end. */
export const isolateQueryBytes = 42 * 1024 * 1024;
/** What was not heard of for so long holds nothing, ms: its request is gone. More than a wait for D1, less than `roomMs`. */
export const roomSilenceMs = 12_000;
/** How long a query waits for that, ms: then it is to come again. */
export const roomMs = 20_000;
/** Samples of open minutes that a shard hands a reader without packing them first: bounds what both hold. */
export const looseSamples = 8_192;
/** Bytes of packs that an isolate keeps of what it read, as far as queries leave them: bounds memory. */
export const packCacheBytes = 32 * 1024 * 1024;
/** Questions of which an isolate knows what packs they are of: bounds memory. */
export const packQuestions = 128;
/** Bytes of `packCacheBytes` at most that are of what a question read besides rows of its tier: bounds memory. */
export const heldReadBytes = 4 * 1024 * 1024;
/** For so long what a database, or its replica, said answers the reads that come after it, ms. */
export const standingMs = 1_000;
/** So long waits who changes what readers find so that no watermark tells of it, ms: until nobody holds what was said. */
export const outliveMs = standingMs + 50;
