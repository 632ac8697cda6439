// A bar of what is used of what there is. Past 100 % the scale grows, so that the limit stays in
// sight, and what is over has another colour.

import { formatShare } from "./store-numbers.ts";

export interface MeterProps {
  /** Used of the limit: 1 is all of it. */
  readonly share: number;
  /** What is measured, against what. */
  readonly label: string;
}

export function Meter({ share, label }: MeterProps) {
  const top = Math.max(1, share);
  const text = formatShare(share);
  return (
    <div class="store-use" data-over={share > 1}>
      <div
        class="store-meter"
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={Math.round(top * 100)}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={text}
        style={{ "--within": Math.min(1, share) / top }}
      />
      <span aria-hidden="true">{text}</span>
    </div>
  );
}
