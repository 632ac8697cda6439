// The limits of bodies before anything in them is looked at, a part of limits.ts, with which they are imported.

/** Bytes of a request body, before and after decompression: stops gzip bombs. */
export const bodyBytes = 8 * 1024 * 1024;
/** Frames of zstd in a body: stops a million of them, each with an engine and a buffer of its own. */
export const zstdFrames = 1_000;
/** Parameters of a form, and statements of InfluxQL: stops millions of them in a body. */
export const formParameters = 1_000;
/** How long a body may take to arrive, ms: stops clients that send a byte now and then. */
export const bodyMs = 120_000;
/** Characters of the series of a request: stops long labels that very many of them share. */
export const keyCharactersPerRequest = 16_000_000;
/** Depth of nested JSON: stops bodies that cost memory and no network. */
export const jsonDepth = 6;
/** The same of OTLP, whose points stand deep and whose attributes may hold lists. */
export const otlpDepth = 24;
