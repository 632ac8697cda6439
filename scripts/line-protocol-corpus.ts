// Runs the public corpus of line protocol against the decoder: how many cases agree, and of those that do
// not, how many of each kind. It is not part of this repository (influxdata/line-protocol-corpus, MIT).
// Usage: node scripts/run.mjs line-protocol-corpus PATH/corpus.json. 1 when a case is of no known kind.

import { readFileSync } from "node:fs";
import { Intake } from "../src/core/formats/intake.ts";
import { decodeLines } from "../src/core/formats/line-protocol.ts";
import type { LineUnit } from "../src/core/formats/line-time.ts";
import { decodeBatch } from "../src/core/series/batch.ts";
import { canonicalLabels, seriesKey } from "../src/core/series/labels.ts";
import { atOnce } from "../src/core/parts.ts";

type Text = string | { readonly binary: string };
type Value = Readonly<Partial<Record<"float" | "int" | "uint" | "bool" | "string", unknown>>>;

interface Case {
  readonly input: { readonly text: Text; readonly precision: string };
  readonly output: {
    readonly error?: string;
    readonly result?: readonly {
      readonly name: Text;
      readonly tags?: readonly { readonly key: Text; readonly value: Text }[];
      readonly fields: readonly { readonly key: Text; readonly value: Value }[];
    }[];
  };
}

const UNITS: Readonly<Record<string, LineUnit>> = {
  "1ns": "ns",
  "1us": "us",
  "1µs": "us",
  "1ms": "ms",
  "1s": "s",
};
/** Each kind of difference, and why it is one. */
const KINDS = {
  same: "both take the same",
  refused: "both refuse",
  time: "the time cannot be stored (before 2001, after the year 5138, more than 64 bits)",
  name: "a name that no metric or label may have here",
  labels: "more labels than a point may have",
  unread: "taken: what is wrong stands in a comment or a text, which are passed over unread",
  value: "taken: a control character in the value of a tag, which may be stored",
} as const;

const bytesOf = (text: Text): Uint8Array =>
  typeof text === "string" ? Buffer.from(text) : Buffer.from(text.binary, "base64");
const textOf = (text: Text): string => Buffer.from(bytesOf(text)).toString();

/** What of it is stored here: a series key and a value each. */
const expected = (result: NonNullable<Case["output"]["result"]>): readonly string[] =>
  result.flatMap(({ name, tags = [], fields }) =>
    fields.flatMap(({ key, value: { float, int, uint, bool } }) => {
      const value = float ?? int ?? uint ?? bool;
      if (value === undefined) return [];
      const field = textOf(key);
      const metric = field === "value" ? textOf(name) : `${textOf(name)}_${field}`;
      const labels = canonicalLabels(tags.map((tag) => [textOf(tag.key), textOf(tag.value)]));
      return [`${seriesKey(metric, labels)} ${Number(value)}`];
    }),
  );

function kindOf({ input, output }: Case): keyof typeof KINDS | undefined {
  const intake = new Intake({ shards: 1, now: Date.now(), retentionHourDays: 0 });
  const { ok } = atOnce(decodeLines(bytesOf(input.text), UNITS[input.precision]!, intake));
  const messages = intake.issues.map(({ message }) => message);
  const others = messages.filter(
    (message) => !/timestamp .* (?:is before|is after|is out of)/.test(message),
  );
  const isLate = others.length < messages.length || intake.rejected.length > 0;
  const isBad = !ok || others.length > 0;
  if (output.result === undefined) {
    if (isBad) return "refused";
    if (isLate) return "time";
    const latin = Buffer.from(bytesOf(input.text)).toString("latin1");
    if (latin.startsWith("#") || /="[^"]*[^ -~][^"]*"/.test(latin)) return "unread";
    return /^[^ ]+,[^ ]+=[^ ]*\p{Cc}/u.test(latin) || latin.startsWith('"') ? "value" : undefined;
  }
  if (isBad)
    return /has a control character or one of|white space|invisible/.test(others[0] ?? "")
      ? "name"
      : /has \d+ labels, more than/.test(others[0] ?? "")
        ? "labels"
        : undefined;
  if (isLate) return "time";
  const stored = intake
    .finish()
    .flatMap(({ batches }) => batches.map(decodeBatch))
    .flatMap(({ series, index, value }) =>
      [...value].map((one, i) => `${series[index[i]!]!} ${one}`),
    );
  return stored.sort().join("\n") === [...expected(output.result)].sort().join("\n")
    ? "same"
    : undefined;
}

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("which corpus.json? Give its path");
const { decode } = JSON.parse(readFileSync(path, "utf8")) as {
  decode: Readonly<Record<string, Case>>;
};
const counts = new Map<string, number>();
for (const [key, one] of Object.entries(decode)) {
  const kind = kindOf(one);
  if (kind === undefined) {
    console.error(`${key}: ${JSON.stringify(one)}`);
    process.exitCode = 1;
  }
  const name = kind === undefined ? "of no known kind" : KINDS[kind];
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
for (const [name, count] of [...counts].sort(([, a], [, b]) => b - a))
  console.log(`${String(count).padStart(5)}  ${name}`);
