// Where the points are first: the shards, with what they have not flushed yet.

import { answered, type ShardStatus, type SilentShard, type StatusAnswer } from "../../core/api.ts";
import { HOUR } from "../../core/tiers.ts";
import { formatAge, formatCount } from "../format.ts";
import { second } from "../models/clock.ts";
import { formatIn } from "../units.ts";
import { Card, Heads, Scroller } from "./store-table.tsx";

/** A shard flushes every hour at least, some minutes past it: what waits longer is late, ms. */
const LATE = 1.5 * HOUR;

const LastFlush = ({ at }: { readonly at: number | null }) => {
  if (at === null) return <span class="quiet">never</span>;
  const age = second.value - at;
  return <>{age < 1_000 ? "now" : `${formatAge(age)} ago`}</>;
};

const Lag = ({ ms }: { readonly ms: number }) =>
  ms === 0 ? (
    <span class="quiet">none</span>
  ) : (
    <span class={ms > LATE ? "store-warn" : undefined}>
      {formatAge(Math.max(1_000, ms))}
      {ms > LATE && ", late"}
    </span>
  );

const Failure = ({ error }: { readonly error: string | undefined }) =>
  error === undefined ? <span class="quiet">none</span> : <span class="store-bad">{error}</span>;

const Row = ({ shard }: { readonly shard: ShardStatus }) => (
  <tr>
    <th scope="row">{shard.shard}</th>
    <td>{formatCount(shard.series)}</td>
    <td>{formatCount(shard.unflushedBuckets)}</td>
    <td>{formatIn("bytes", shard.unflushedBytes)}</td>
    <td>
      <LastFlush at={shard.lastFlushAt} />
    </td>
    <td>
      <Lag ms={shard.lagMs} />
    </td>
    <td class="store-text">
      <Failure error={shard.error} />
    </td>
  </tr>
);

const Silent = ({ shard: { shard, error } }: { readonly shard: SilentShard }) => (
  <tr>
    <th scope="row">{shard}</th>
    <td colSpan={5} class="quiet">
      did not answer
    </td>
    <td class="store-text">
      <Failure error={error} />
    </td>
  </tr>
);

export const Shards = ({ shards }: { readonly shards: StatusAnswer["shards"] }) => (
  <Card
    id="store-shards"
    title={shards.length === 1 ? "Shard" : "Shards"}
    aside={
      <p class="quiet">
        Lag is the age of the oldest point that is not in D1 yet; an hour is usual
      </p>
    }
  >
    <Scroller labelledBy="store-shards">
      <table>
        <Heads
          names={["Shard", "Series", "Unflushed buckets", "Bytes", "Last flush", "Lag", "Error"]}
          text="Error"
        />
        <tbody>
          {shards.map((shard) =>
            answered(shard) ? (
              <Row key={shard.shard} shard={shard} />
            ) : (
              <Silent key={shard.shard} shard={shard} />
            ),
          )}
        </tbody>
      </table>
    </Scroller>
  </Card>
);
