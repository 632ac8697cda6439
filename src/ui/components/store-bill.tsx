// What is used and what it costs: today against the free plan, and a month at today's pace as a
// statement.

import {
  type Allowance,
  AT_MOST,
  billOf,
  type BillLine,
  type Item,
  type Month,
  PRICES_AS_OF,
} from "../../core/bill.ts";
import { DAY } from "../../core/tiers.ts";
import { formatCount } from "../format.ts";
import { zone } from "../models/zone.ts";
import { formatClock } from "../zone.ts";
import { Meter } from "./store-meter.tsx";
import { formatElapsed, formatMoney, formatPrice, formatRough } from "./store-numbers.ts";
import { Card, Heads, Scroller } from "./store-table.tsx";

/** Marks what is an upper bound. */
const Bound = ({ item }: { readonly item: Item }) =>
  AT_MOST.includes(item) ? <abbr title="at most">≤ </abbr> : null;

const Unit = ({ of: { name, unit } }: { readonly of: Allowance | BillLine }) => (
  <>
    {name}
    {unit !== "" && <span class="quiet"> {unit}</span>}
  </>
);

const TodayRow = ({ one }: { readonly one: Allowance }) => (
  <tr>
    <th scope="row" class="store-name">
      <Unit of={one} />
    </th>
    <td>
      <Bound item={one.item} />
      {formatCount(one.soFar)}
    </td>
    <td>
      {one.day === undefined ? (
        <span class="quiet">–</span>
      ) : (
        <>
          <Bound item={one.item} />
          {formatRough(one.day)}
        </>
      )}
    </td>
    <td>{formatRough(one.allowed)}</td>
    <td class="store-bar">
      {one.share === undefined ? (
        <span class="quiet">–</span>
      ) : (
        <Meter share={one.share} label={`${one.name}: a day, of what the free plan allows`} />
      )}
    </td>
  </tr>
);

/** Whether the free plan would do, in a sentence. */
function verdict(allowances: readonly Allowance[]): string {
  const over = allowances.filter(({ share }) => share !== undefined && share > 1);
  if (over.length === 0) return "fits the free plan’s day";
  const sure = over.filter(({ item }) => !AT_MOST.includes(item));
  return sure.length === 0 ? "may exceed the free plan’s day" : "exceeds the free plan’s day";
}

interface TodayProps {
  readonly month: Month;
  readonly now: number;
  /** The counts are a lower bound. */
  readonly atLeast: boolean;
}

export const Today = ({ month, now, atLeast }: TodayProps) => (
  <Card
    id="store-today"
    title="Today"
    aside={
      <p class="quiet">
        {formatElapsed(now - month.since)} since{" "}
        {month.since % DAY === 0
          ? "midnight UTC"
          : `the first use today, at ${formatClock(zone.value, month.since)}`}
        {month.usage === undefined ? "; too early for a pace" : `; ${verdict(month.allowances)}`}
        {atLeast && "; at least so much: a shard started again today, or does not answer"}
      </p>
    }
  >
    <Scroller labelledBy="store-today">
      <table>
        <Heads names={["Item", "So far", "Whole day", "Free plan", "Of the free plan"]} />
        <tbody>
          {month.allowances.map((one) => (
            <TodayRow key={one.item} one={one} />
          ))}
        </tbody>
      </table>
    </Scroller>
  </Card>
);

const BillRow = ({ line }: { readonly line: BillLine }) => (
  <tr>
    <th scope="row" class="store-name">
      <Unit of={line} />
    </th>
    <td>
      <Bound item={line.item} />
      {formatRough(line.used)}
    </td>
    <td>{formatRough(line.included)}</td>
    <td class="store-bar">
      <Meter
        share={line.used / line.included}
        label={`${line.name}: a month, of what the plan includes`}
      />
    </td>
    <td class="quiet">{formatPrice(line.price, line.per, line.unit)}</td>
    <td>{formatMoney(line.list)}</td>
    <td class={line.above === 0 ? "quiet" : "store-strong"}>{formatMoney(line.above)}</td>
  </tr>
);

const sheetMonth = new Intl.DateTimeFormat(undefined, {
  month: "long",
  year: "numeric",
  timeZone: "UTC",
});

const Notes = () => (
  <p class="store-notes quiet">
    <abbr title="at most">≤</abbr> is an upper bound. The store does not count Worker requests:
    there are at most as many as requests to shards, and one a minute for the cron. Duration is that
    of shards that never sleep. Not in it: Worker CPU time, log lines, rows read and stored in
    shards, and requests that are turned away before they reach one. D1 storage is that of now, in
    GB of 1,000³ bytes; static assets are free. What the plan includes is shared by all Workers of
    the account. Prices of {sheetMonth.format(Date.parse(PRICES_AS_OF))}.
  </p>
);

export function Statement({ month }: { readonly month: Month }) {
  if (month.usage === undefined)
    return (
      <Card id="store-month" title="A month at today’s pace">
        <p class="store-early">
          Too early to say: less than an hour of the UTC day was counted. The estimate comes at{" "}
          {formatClock(zone.value, month.from)}.
        </p>
      </Card>
    );
  const bill = billOf(month.usage);
  return (
    <Card
      id="store-month"
      title="A month at today’s pace"
      aside={<p class="quiet">Cloudflare’s paid plan, in US dollars</p>}
    >
      <Scroller labelledBy="store-month">
        <table>
          <Heads
            names={[
              "Item",
              "Used",
              "Included",
              "Of the included",
              "Price",
              "List price",
              "Above the plan",
            ]}
          />
          <tbody>
            {bill.lines.map((line) => (
              <BillRow key={line.item} line={line} />
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" class="store-name">
                Together
              </th>
              <td colSpan={4} />
              <td>{formatMoney(bill.list)}</td>
              <td>{formatMoney(bill.total - bill.base)}</td>
            </tr>
            <tr>
              <th scope="row" class="store-name">
                The plan itself
              </th>
              <td colSpan={5} />
              <td>{formatMoney(bill.base)}</td>
            </tr>
            <tr>
              <th scope="row" class="store-name">
                To pay
              </th>
              <td colSpan={5} />
              <td>{formatMoney(bill.total)}</td>
            </tr>
          </tfoot>
        </table>
      </Scroller>
      <Notes />
    </Card>
  );
}
