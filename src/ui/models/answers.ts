// Asks what a panel asks: answers of which every series has all columns.

import type { QueryAnswer } from "../../core/api.ts";
import { ask } from "../api.ts";
import { completed } from "../chart/series.ts";
import type { WholeAnswer } from "./whole.ts";

/** Whether samples are asked for. */
export const asksSamples = (question: string): boolean => question.includes("&resolution=raw");

/**
 * Of samples, where they can be drawn, else of buckets.
 *
 * @throws as `ask`
 */
export const askAny = async (question: string, signal: AbortSignal): Promise<WholeAnswer> =>
  asksSamples(question)
    ? (await import("./samples.ts")).askSamples(question, signal)
    : askQuery(question, signal);

/** @throws as `ask` */
export async function askQuery(question: string, signal: AbortSignal): Promise<QueryAnswer> {
  const answer = await ask<QueryAnswer>(question, { signal });
  return answer.across === undefined ? answer : { ...answer, series: answer.series.map(completed) };
}
