// Where the points end up: the databases, how full each is, and how far its roll-up is.

import {
  type DatabaseStatus,
  type SilentDatabase,
  type StatusAnswer,
  told,
} from "../../core/api.ts";
import { DAY } from "../../core/tiers.ts";
import { formatAge, formatCount } from "../format.ts";
import { second } from "../models/clock.ts";
import { zone } from "../models/zone.ts";
import { formatIn } from "../units.ts";
import { formatClock, formatDate } from "../zone.ts";
import { Meter } from "./store-meter.tsx";
import { Card, Heads, Scroller } from "./store-table.tsx";

const None = () => <span class="quiet">none</span>;

/** A clock, with its day where that may not be clear, and how long ago it was. */
const Since = ({ at }: { readonly at: number }) => {
  const age = Math.max(0, second.value - at);
  return (
    <>
      {age >= DAY && `${formatDate(zone.value, at)}, `}
      {formatClock(zone.value, at)} <span class="quiet">{formatAge(age)} ago</span>
    </>
  );
};

const Row = ({ database }: { readonly database: DatabaseStatus }) => {
  const { name, sizeBytes, limitBytes, rowsWritten, rolledUpTo, dirtyHours } = database;
  const { unreadableHours = 0 } = database;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <div class="store-size">
          <span>{formatIn("bytes", sizeBytes)}</span>
          <Meter
            share={sizeBytes / limitBytes}
            label={`${name}: size, of what Cloudflare allows`}
          />
        </div>
      </td>
      <td class="store-since">
        <Since at={rolledUpTo} />
      </td>
      <td>
        {rowsWritten === undefined ? <span class="quiet">unknown</span> : formatCount(rowsWritten)}
      </td>
      <td>{dirtyHours === 0 ? <None /> : formatCount(dirtyHours)}</td>
      <td>
        {unreadableHours === 0 ? (
          <None />
        ) : (
          <span class="store-bad">{formatCount(unreadableHours)}</span>
        )}
      </td>
    </tr>
  );
};

const Silent = ({ database: { name, error } }: { readonly database: SilentDatabase }) => (
  <tr>
    <th scope="row">{name}</th>
    <td colSpan={5}>
      <p class="store-silent">
        <span class="quiet">did not answer:</span> <span class="store-bad">{error}</span>
      </p>
    </td>
  </tr>
);

/** Hours of series that cannot be read, the first of each database. */
const Unreadable = ({ databases }: { readonly databases: readonly DatabaseStatus[] }) => {
  const listed = databases.flatMap(({ name, unreadable = [] }) =>
    unreadable.map((one) => ({ name, ...one })),
  );
  if (listed.length === 0) return null;
  return (
    <div class="store-notes">
      <p class="quiet">
        Hours of series with a segment that cannot be read. They are kept, and all else goes on.
      </p>
      {listed.map(({ name, metric, from, message }) => (
        <p key={`${name} ${metric} ${from} ${message}`} class="store-bad">
          {name}: {metric}, {formatDate(zone.value, from)} {formatClock(zone.value, from)}:{" "}
          {message}
        </p>
      ))}
    </div>
  );
};

export const Databases = ({ databases }: { readonly databases: StatusAnswer["databases"] }) => (
  <Card
    id="store-databases"
    title={databases.length === 1 ? "Database" : "Databases"}
    aside={
      <p class="quiet">
        Reads take the minutes of what is not rolled up: nothing is missing meanwhile
      </p>
    }
  >
    <Scroller labelledBy="store-databases">
      <table>
        <Heads
          names={[
            "Database",
            `Size, of ${(databases[0]?.limitBytes ?? 0) / 1e9} GB`,
            "Rolled up until",
            "Rows today",
            "Dirty hours",
            "Unreadable",
          ]}
        />
        <tbody>
          {databases.map((database) =>
            told(database) ? (
              <Row key={database.name} database={database} />
            ) : (
              <Silent key={database.name} database={database} />
            ),
          )}
        </tbody>
      </table>
    </Scroller>
    <Unreadable databases={databases.filter(told)} />
  </Card>
);
