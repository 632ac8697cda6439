// Asks what a panel asks: for buckets, for samples, or for the values of an expression.

import { ASKS_EXPR } from "../question.ts";
import { askQuery } from "./buckets.ts";
import type { WholeAnswer } from "./whole.ts";

/** Whether samples are asked for. */
export const asksSamples = (question: string): boolean => question.includes("&resolution=raw");

/**
 * Of samples, where they can be drawn, else of buckets.
 *
 * @throws as `ask`
 */
export const askAny = async (question: string, signal: AbortSignal): Promise<WholeAnswer> =>
  question.startsWith(ASKS_EXPR)
    ? (await import("./values.ts")).askValues(question, signal)
    : asksSamples(question)
      ? (await import("./samples.ts")).askSamples(question, signal)
      : askQuery(question, signal);
