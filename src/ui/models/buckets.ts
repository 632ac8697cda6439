// Asks for buckets: answers of which every series has all columns.

import type { QueryAnswer } from "../../core/api.ts";
import { ask } from "../api.ts";
import { completed } from "../chart/series.ts";

/** @throws as `ask` */
export async function askQuery(question: string, signal: AbortSignal): Promise<QueryAnswer> {
  const answer = await ask<QueryAnswer>(question, { signal });
  return answer.across === undefined ? answer : { ...answer, series: answer.series.map(completed) };
}
