// The store as its operator sees it: what it holds, how far it is, what it uses and what that costs.
// Loaded when it is asked for.

import { useEffect } from "preact/hooks";
import { answered, bytesOf, type StatusAnswer } from "../../core/api.ts";
import { billOf, monthOf } from "../../core/bill.ts";
import { formatCount } from "../format.ts";
import { look, LOOK_EVERY, slow, startStatus, status } from "../models/status.ts";
import { zone } from "../models/zone.ts";
import { formatIn } from "../units.ts";
import { formatClock } from "../zone.ts";
import { Statement, Today } from "./store-bill.tsx";
import { Databases } from "./store-databases.tsx";
import { formatMoney } from "./store-numbers.ts";
import { Shards } from "./store-shards.tsx";
import { Signs } from "./store-signs.tsx";

const Retry = ({ primary }: { readonly primary?: boolean }) => (
  <button
    type="button"
    class={primary === true ? "button primary" : "link"}
    onClick={() => void look()}
  >
    Retry
  </button>
);

const Totals = ({ facts }: { readonly facts: readonly (readonly [string, string])[] }) => (
  <dl class="store-totals">
    {facts.map(([name, text]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{text}</dd>
      </div>
    ))}
  </dl>
);

function Ready({ answer }: { readonly answer: StatusAnswer }) {
  const { shards, databases, today, now, version, signs } = answer;
  const d1Bytes = bytesOf(databases);
  const month = monthOf(today, now, { shards: shards.length, d1Bytes });
  const sum = (of: "series" | "unflushedBuckets"): string =>
    formatCount(shards.reduce((total, shard) => total + (answered(shard) ? shard[of] : 0), 0));
  return (
    <>
      <Totals
        facts={[
          ["Series", sum("series")],
          ["Unflushed buckets", sum("unflushedBuckets")],
          ["D1", d1Bytes === undefined ? "no answer" : formatIn("bytes", d1Bytes)],
          [
            "A month at this pace",
            month.usage === undefined ? "too early" : formatMoney(billOf(month.usage).total),
          ],
          ["Version", version],
        ]}
      />
      <Signs signs={signs} />
      <div class="store-cards">
        <Shards shards={shards} />
        <Databases databases={databases} />
        <Today month={month} now={now} atLeast={today.atLeast === true} />
        <Statement month={month} />
      </div>
    </>
  );
}

const Waiting = () => (
  <div class="store-cards" aria-busy="true">
    {slow.value &&
      [5, 5, 7].map((rows, card) => (
        <div key={card} class="store-card store-bones" role={card === 0 ? "status" : undefined}>
          {card === 0 && <span class="store-hidden">Loading</span>}
          {Array.from({ length: rows }, (_, row) => (
            <i key={row} />
          ))}
        </div>
      ))}
  </div>
);

export default function StoreView() {
  useEffect(startStatus, []);
  const known = status.value;
  return (
    <section class="store" data-state={known.kind}>
      <div class="store-head">
        <h1>Store</h1>
        {known.kind === "ready" && known.failed === undefined && (
          <p class="quiet">Asked every {LOOK_EVERY / 1_000} s while you look</p>
        )}
      </div>
      {known.kind === "ready" && known.failed !== undefined && (
        <p class="store-old" role="status">
          {known.failed}. What you see is of {formatClock(zone.value, known.answer.now)}. <Retry />
        </p>
      )}
      {known.kind === "loading" ? (
        <Waiting />
      ) : known.kind === "failed" ? (
        <div class="store-card store-failed" role="alert">
          <h2>No answer</h2>
          <p>{known.message}</p>
          <Retry primary />
        </div>
      ) : (
        <Ready answer={known.answer} />
      )}
    </section>
  );
}
