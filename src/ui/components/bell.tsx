// The sign that something fires, and the way to it.

import type { RuleAnswer } from "../../core/api-alerts.ts";
import { counted } from "../../core/text.ts";

export const bellOf = (firing: readonly RuleAnswer[]) => {
  const [one] = firing;
  const isOne = one !== undefined && firing.length === 1;
  return (
    <a
      class="bell"
      href="/alerts"
      title={firing.map(({ name }) => name).join(", ")}
      aria-label={`${counted(firing.length, "alert")} firing: ${firing.map(({ name }) => name).join(", ")}`}
    >
      <span aria-hidden="true">▲</span> <span>{isOne ? one.name : `${firing.length} firing`}</span>
    </a>
  );
};
