// A series as it is stored, whose labels are read only when somebody looks at them.

import type { Series } from "../../core/query/source.ts";
import { type Labels, parseLabelsJson } from "../../core/series/labels.ts";

export class KnownSeries implements Series {
  readonly metric: string;
  /** Canonical labels. */
  readonly json: string;
  #labels: Labels | undefined;

  constructor(metric: string, json: string) {
    this.metric = metric;
    this.json = json;
  }

  get labels(): Labels {
    return (this.#labels ??= parseLabelsJson(this.json));
  }
}
