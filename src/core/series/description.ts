// What is said of a metric besides its points: type, unit, help. What somebody has set wins over what
// senders say, and of two that say the same field the later one counts. Pure.

import { type ByteReader, type ByteWriter, CorruptBytes } from "../codec/bytes.ts";
import * as LIMITS from "../limits.ts";
import { METRIC_TYPES, type MetricType } from "../metric-type.ts";

/** Fields that are absent are not said. Neither text is empty. */
export interface Said {
  readonly type?: MetricType;
  /** As it came: UCUM's mostly ("By", "s", "1"), or a word ("seconds"). */
  readonly unit?: string;
  readonly help?: string;
}

/** What a request says of a metric. */
export interface Statement extends Said {
  readonly metric: string;
  /** Unix ms: it was set then, by hand, in place of all that was set before. Absent: senders say so. */
  readonly setAt?: number;
}

/** All that is known of a metric. */
export interface Description {
  /** By senders of points. */
  readonly said: Said;
  /** Unix ms: when that last changed; 0: nothing was said. */
  readonly saidAt: number;
  /** By hand. */
  readonly set: Said;
  /** Unix ms, likewise. With nothing in `set`, what was set has been taken back. */
  readonly setAt: number;
}

export const NOTHING_SAID: Description = { said: {}, saidAt: 0, set: {}, setAt: 0 };

/** What counts. */
export const effective = ({ said, set }: Description): Said => ({ ...said, ...set });

const FIELDS = ["type", "unit", "help"] as const;

export const sameSaid = (a: Said, b: Said): boolean =>
  FIELDS.every((field) => a[field] === b[field]);

/** After a statement at `at`, Unix ms; the same object when it changes nothing. */
export function afterStatement(
  before: Description,
  { metric: _metric, setAt, ...fields }: Statement,
  at: number,
): Description {
  if (setAt !== undefined) return setAt > before.setAt ? { ...before, set: fields, setAt } : before;
  const said = { ...before.said, ...fields };
  return sameSaid(before.said, said) ? before : { ...before, said, saidAt: at };
}

/** Of two that know the same metric: a shard, or a database, each. In any order the same. */
export function mergeDescriptions(a: Description, b: Description): Description {
  const [first, last] = isLater(a.saidAt, a.said, b.saidAt, b.said) ? [b, a] : [a, b];
  const { set, setAt } = isLater(a.setAt, a.set, b.setAt, b.set) ? a : b;
  return { said: { ...first.said, ...last.said }, saidAt: last.saidAt, set, setAt };
}

/** What databases hold, and on top what the shard says that writes to one of them: the later of the two. */
export function withHead(stored: Description, head: Description): Description {
  const { set, setAt } = mergeDescriptions(stored, head);
  return { said: { ...stored.said, ...head.said }, saidAt: head.saidAt, set, setAt };
}

/** At the same time, one of the two, whichever comes first. */
const isLater = (at: number, said: Said, other: number, saidThen: Said): boolean =>
  at > other || (at === other && textOf(said) > textOf(saidThen));

const textOf = (said: Said): string => JSON.stringify(FIELDS.map((field) => said[field] ?? null));

/** Characters that it takes, for bounds. */
export const charactersOf = ({ unit = "", help = "" }: Said): number => unit.length + help.length;

const CONTROL = /\p{Cc}/u;
const CONTROL_IN_HELP = /[^\P{Cc}\n\t]/u;

/** Says what is wrong with a unit; undefined when nothing is. */
export function unitIssue(unit: string): string | undefined {
  if (unit.length > LIMITS.unitLength) return `is longer than ${LIMITS.unitLength} characters`;
  if (!unit.isWellFormed()) return "is not valid Unicode (a lone surrogate)";
  return CONTROL.test(unit) ? "has a control character" : undefined;
}

/** The same of a help text, which may have several lines. */
export function helpIssue(help: string): string | undefined {
  if (help.length > LIMITS.helpLength) return `is longer than ${LIMITS.helpLength} characters`;
  if (!help.isWellFormed()) return "is not valid Unicode (a lone surrogate)";
  return CONTROL_IN_HELP.test(help) ? "has a control character" : undefined;
}

/**
 * What an agent says, made to fit: its points must not be refused for it. A help text that is too long
 * is cut, and ends in "…"; a unit that is none is passed over.
 */
export function fitted({ type, unit = "", help = "" }: Said): Said {
  const word = unit.trim();
  // What is far too long is not looked at to its end.
  const long = help
    .slice(0, 4 * LIMITS.helpLength)
    .toWellFormed()
    .replace(/[^\P{Cc}\n\t]/gu, " ")
    .trim();
  // A pair of surrogates is not parted.
  const text =
    long.length > LIMITS.helpLength
      ? `${long.slice(0, LIMITS.helpLength - 1).replace(/[\ud800-\udbff]$/, "")}…`
      : long;
  return {
    ...(type !== undefined && { type }),
    ...(word !== "" && unitIssue(word) === undefined && { unit: word }),
    ...(text !== "" && { help: text }),
  };
}

/*
 * Bytes of what is said: flags <u8> (1 type, 2 unit, 4 help), then those of the three that are there:
 * type <u8>, its place in METRIC_TYPES; unit <text>; help <text>.
 */
const TYPE = 1;
const UNIT = 2;
const HELP = 4;
/** Of a statement. */
const SET = 8;

const flagsOf = ({ type, unit, help }: Said): number =>
  (type === undefined ? 0 : TYPE) |
  (unit === undefined ? 0 : UNIT) |
  (help === undefined ? 0 : HELP);

export function writeSaid(writer: ByteWriter, said: Said, flags = flagsOf(said)): void {
  writer.u8(flags);
  if (said.type !== undefined) writer.u8(METRIC_TYPES.indexOf(said.type));
  if (said.unit !== undefined) writer.text(said.unit);
  if (said.help !== undefined) writer.text(said.help);
}

/** Reads `writeSaid` back, behind its flags. @throws CorruptBytes */
export function readSaid(reader: ByteReader, flags: number = reader.u8()): Said {
  return {
    ...((flags & TYPE) !== 0 && { type: readType(reader) }),
    ...((flags & UNIT) !== 0 && { unit: reader.text() }),
    ...((flags & HELP) !== 0 && { help: reader.text() }),
  };
}

function readType(reader: ByteReader): MetricType {
  const place = reader.u8();
  const type = METRIC_TYPES[place];
  if (type === undefined) throw new CorruptBytes(`type ${place} of a metric is not known`);
  return type;
}

/** Statements, each: metric <text>, then as above; with 8 in the flags, behind it setAt <f64>. */
export function writeStatements(writer: ByteWriter, statements: readonly Statement[]): void {
  writer.varint(statements.length);
  for (const one of statements) {
    writer.text(one.metric);
    writeSaid(writer, one, flagsOf(one) | (one.setAt === undefined ? 0 : SET));
    if (one.setAt !== undefined) writer.f64(one.setAt);
  }
}

/** @throws CorruptBytes */
export function readStatements(reader: ByteReader): Statement[] {
  const statements: Statement[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const metric = reader.text();
    const flags = reader.u8();
    const said = readSaid(reader, flags);
    const setAt = (flags & SET) !== 0 && { setAt: reader.f64() };
    statements.push({ metric, ...said, ...setAt });
  }
  return statements;
}

/** Bytes that a statement takes at most: a UTF-16 code unit is at most three of UTF-8. */
export const statementBytes = (one: Statement): number =>
  24 + 3 * (one.metric.length + charactersOf(one));
