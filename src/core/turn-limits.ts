// How large work goes in turns: what the bounds mean is told in worker/turns.ts.

/** Buckets that are decoded before others in the isolate get a turn: some 10 ms, where a turn itself waits 1 to 2. */
export const rowsPerTurn = 98_304;
/** The same while other requests come: far less than 1 ms, since a request waits for a turn more than once. */
export const rowsPerShortTurn = 1_536;
/** For so long after the last one, ms: also in the first turn of what begins then. */
export const besideMs = 100;
/** So long after one came beside it, large work begins no other piece, ms: a small request is several, one after the other. */
export const besideFirstMs = 4;
/** Points of a body that are decoded in a turn, where all of it is decoded at once: some ms. */
export const itemsPerTurn = 1_024;
/** How long others wait for a turn to end, ms: its request may be gone. */
export const turnMs = 1_000;
/** Bytes of a body that is decoded in a turn of its own: smaller ones wait for nobody. */
export const largeBodyBytes = 128 * 1024;
/**
 * About what requests take, ms: by it those of one caller are paced, see worker/pace.ts. A query that is no wide one,
 * a write without points, and so much more for its MB (of points of new series twice as much), of large ones less.
 */
export const workOfQueryMs = 4;
export const workOfWriteMs = 3;
export const workOfMegabyteMs = 92;
export const workOfLargeMegabyteMs = 20;
/** So much work of one caller, twice counted, begins at once before others have their part of the time, ms. */
export const paceBurstMs = 64;
/** No request is held back for longer, ms. */
export const paceMs = 1_000;
/** For so long after a request of theirs others share the time, ms. */
export const paceCompanyMs = 1_000;
/** Callers of which it is known what they asked. */
export const pacedCallers = 1_000;
