// What the charts are compared with: the question that most come with.

import { go, view } from "../models/page.ts";
import { type Comparison, COMPARISONS } from "../url.ts";

const WORDS: Readonly<Record<Comparison, string>> = {
  none: "Compare",
  period: "vs before",
  day: "vs 1 d ago",
  week: "vs 7 d ago",
};

export const Compare = () => (
  <select
    class="compare"
    aria-label="Compare"
    value={view.value.compare}
    onChange={({ currentTarget: { value } }) => {
      const compare = COMPARISONS.find((one) => one === value);
      if (compare !== undefined) go({ compare });
    }}
  >
    {COMPARISONS.map((one) => (
      <option key={one} value={one}>
        {WORDS[one]}
      </option>
    ))}
  </select>
);
