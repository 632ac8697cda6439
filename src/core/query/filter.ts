// Matchers as text ⇄ as data: host=a, host!=a, host=~web.*, host!~web.*, dir="~alice", "a=b"="c".
// What they match is decided in matcher.ts; the page needs only this much, and not its regular
// expressions.

import { err, ok, type Result } from "../result.ts";
import { quote } from "../text.ts";

export const OPERATORS = ["=", "!=", "=~", "!~"] as const;
export type Operator = (typeof OPERATORS)[number];

export interface MatcherParts {
  readonly label: string;
  readonly op: Operator;
  /** A text for = and !=, else a regular expression. */
  readonly value: string;
}

/** The longest first, since = is how =~ begins. */
const LONGEST_FIRST = ["=~", "!~", "!=", "="] as const satisfies readonly Operator[];

/**
 * Reads a matcher. What stands without quotes is taken as it is, to the last character: a label ends
 * at the first = or !, a value at the end. In double quotes \" is a quote, \\ a backslash and \n a
 * line feed, as in PromQL; whatever a label or a value may hold can be written so.
 */
export function parseMatcher(text: string): Result<MatcherParts, string> {
  const named = text.startsWith('"') ? quotedText(text) : bareLabel(text);
  if (!named.ok) return named;
  const { text: label, end } = named.value;
  const op = LONGEST_FIRST.find((one) => text.startsWith(one, end));
  if (op === undefined || label === "")
    return err(
      `expected label=value, label!=value, label=~regex or label!~regex, got ${quote(text)}`,
    );
  const rest = text.slice(end + op.length);
  if (rest.startsWith('"')) {
    const value = quotedText(rest);
    if (!value.ok) return value;
    if (value.value.end < rest.length)
      return err(
        `expected nothing after the closing quote, got ${quote(rest.slice(value.value.end))}; a quote within quotes is written \\"`,
      );
    return ok({ label, op, value: value.value.text });
  }
  if (op === "!=" && rest.startsWith("~"))
    return err(
      `${quote(text)}: !=~ is no operator. For a regular expression write !~, for a value that starts with ~ quote it: ${formatMatcher({ label, op, value: rest })}`,
    );
  return ok({ label, op, value: rest });
}

/** Writes a matcher, with quotes only where it would be read as another one without. */
export const formatMatcher = ({ label, op, value }: MatcherParts): string =>
  `${/^"|[=!]|^\s|\s$/.test(label) ? quoted(label) : label}${op}${
    /^(?:["=~]|\s)|\s$/.test(value) ? quoted(value) : value
  }`;

interface Read {
  readonly text: string;
  /** Where it ended in the text that it was read from. */
  readonly end: number;
}

function bareLabel(text: string): Result<Read, string> {
  const found = text.search(/[=!]/);
  const end = found < 0 ? text.length : found;
  const label = text.slice(0, end);
  if (label !== label.trim())
    return err(
      `the label ${quote(label)} starts or ends with white space, which no label name may; write label=value without spaces around the operator`,
    );
  return ok({ text: label, end });
}

/** Reads from an opening quote to the closing one. */
function quotedText(text: string): Result<Read, string> {
  let read = "";
  for (let i = 1; i < text.length; i++) {
    const character = text[i]!;
    if (character === '"') return ok({ text: read, end: i + 1 });
    if (character !== "\\") {
      read += character;
      continue;
    }
    const escaped = ESCAPES.get(text[++i] ?? "");
    if (escaped === undefined)
      return err(
        `${quote(text)}: in quotes, a backslash stands before ", \\ or n only; a backslash itself is written \\\\`,
      );
    read += escaped;
  }
  return err(`${quote(text)}: a quote is not closed`);
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["n", "\n"],
]);

const quoted = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
