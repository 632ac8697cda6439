// Asks for samples, and for the buckets of minutes that keep none; where samples cannot be drawn, for
// buckets alone. Loaded when samples are first asked for.

import type { QueryAnswer, RawAnswer } from "../../core/api.ts";
import { ApiError, ask } from "../api.ts";
import { keyOf } from "../chart/data.ts";
import { sampleColumns, type SampleParts } from "../chart/samples.ts";
import { askQuery } from "./buckets.ts";
import { exactly } from "./exactly.ts";
import { laterParts, withLater } from "./samples-tail.ts";
import type { NoSamples, SamplesAnswer, WholeAnswer } from "./whole.ts";

type Labels = Readonly<Record<string, string>>;

/** Series whose samples are drawn at most: of more, those with the largest values are not known. */
const SERIES_MOST = 100;

/**
 * Answers a question for samples. Each series is asked for by itself: those of several are not one line.
 *
 * @throws as `ask`
 */
export async function askSamples(question: string, signal: AbortSignal): Promise<WholeAnswer> {
  const asked = new URLSearchParams(question.slice(question.indexOf("?")));
  const by = asked.get("by");
  const raw = await askRaw(asked, signal);
  if (raw === undefined || raw.truncated === true) return instead("many", asked, signal);
  const { from, keptFrom, collapsed, series } = raw;
  if (keptFrom > from) return instead("old", asked, signal);
  if (collapsed !== undefined && series.length === 0) return instead("dense", asked, signal);
  const minutes =
    collapsed && (await ask<QueryAnswer>(addressOf(asked, "minute", collapsed), { signal }));
  const answer = answerOf(raw, joined(series, minutes?.series ?? []), by);
  return answer ?? instead("several", asked, signal);
}

/** Undefined: some of these would be one line. */
function answerOf(
  raw: RawAnswer,
  parts: readonly SampleParts[],
  by: string | null,
): SamplesAnswer | undefined {
  const series = parts.map((one) => ({ labels: cut(one.labels, by), ...sampleColumns(one) }));
  if (new Set(series.map(({ labels }) => keyOf(labels))).size < series.length) return undefined;
  return {
    ...raw,
    series,
    later: (tail, where, since, to) => {
      const filters = exactly(where);
      return (
        filters && answerOf(raw, withLater(parts, laterParts(tail, filters, since, to), since), by)
      );
    },
  };
}

/** Undefined: there are more than can be read. */
async function askRaw(asked: URLSearchParams, signal: AbortSignal): Promise<RawAnswer | undefined> {
  try {
    return await ask<RawAnswer>(addressOf(asked, "raw"), { signal });
  } catch (error) {
    if (error instanceof ApiError && error.code === "query_too_large") return undefined;
    throw error;
  }
}

const address = (search: URLSearchParams): string => `/api/v1/query?${search}`;

/** The same of each series apart. */
function addressOf(
  asked: URLSearchParams,
  resolution: "raw" | "minute",
  range?: { readonly from: number; readonly to: number },
): string {
  const search = new URLSearchParams(asked);
  search.delete("order");
  search.set("resolution", resolution);
  search.set("by", "*");
  search.set("limit", String(SERIES_MOST));
  if (range !== undefined) {
    search.set("from", String(range.from));
    search.set("to", String(range.to));
  }
  return address(search);
}

/** What is drawn where samples cannot be. */
async function instead(
  noSamples: NoSamples,
  asked: URLSearchParams,
  signal: AbortSignal,
): Promise<WholeAnswer> {
  const search = new URLSearchParams(asked);
  search.set("resolution", "auto");
  return { ...(await askQuery(address(search), signal)), noSamples };
}

/** The labels that are left of a series which is one of `by`. */
function cut(labels: Labels, by: string | null): Labels {
  if (by === "*") return labels;
  return by !== null && Object.hasOwn(labels, by) ? { [by]: labels[by]! } : {};
}

/** Samples and minutes of the same series together. */
function joined(samples: RawAnswer["series"], minutes: QueryAnswer["series"]): SampleParts[] {
  const parts = new Map<string, SampleParts>();
  for (const one of samples) parts.set(keyOf(one.labels), { labels: one.labels, samples: one });
  for (const one of minutes) {
    const key = keyOf(one.labels);
    parts.set(key, { labels: one.labels, ...parts.get(key), minutes: one });
  }
  return [...parts.values()];
}
