// Whether a metric is a counter decides what is read of it, and is known once it has been read. So it is
// taken for what it last was, or else for what its name says, and read again where that was wrong.

import * as LIMITS from "../../core/limits.ts";
import { type MetricType, rises, typeByName } from "../../core/metric-type.ts";
import { type Description, effective, type Said } from "../../core/series/description.ts";

/** Metrics that are another thing than their names say: whether they are counters. */
const others = new Map<string, boolean>();

/** What `answer` gives when it is told rightly whether the metric is a counter. */
export async function asTyped<A extends { readonly head: { readonly type?: MetricType } }>(
  metric: string,
  answer: (isCounter: boolean) => Promise<A>,
): Promise<A> {
  const byName = rises(typeByName(metric));
  for (;;) {
    const taken = others.get(metric) ?? byName;
    const answered = await answer(taken);
    const is = rises(answered.head.type);
    if (is === taken) return answered;
    others.delete(metric);
    if (others.size >= LIMITS.knownTypes) others.clear();
    if (is !== byName) others.set(metric, is);
  }
}

/** What a metric is said to be; of one that nobody has given a type, what its name says. */
export function shown(metric: string, description: Description | undefined): Said {
  const said = description === undefined ? {} : effective(description);
  const type = said.type ?? typeByName(metric);
  return { ...said, ...(type !== undefined && { type }) };
}
