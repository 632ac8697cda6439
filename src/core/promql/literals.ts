// Numbers, durations and strings as PromQL writes them, and numbers as Prometheus writes them.

/** A number or a duration (which counts seconds); undefined when it is neither. */
export function parseNumber(text: string): number | undefined {
  const [, sign = "", digits = ""] = /^([+-]?)[\s]*([^]*)$/.exec(text) ?? [];
  const value = unsigned(digits.toLowerCase());
  return value === undefined ? undefined : sign === "-" ? -value : value;
}

function unsigned(text: string): number | undefined {
  if (text === "inf") return Infinity;
  if (text === "nan") return NaN;
  if (/^0x[\da-f]+$/.test(text)) return Number(text);
  if (/^(\d[\d_]*)?(\.[\d_]*)?(e[+-]?[\d_]+)?$/.test(text) && /\d/.test(text))
    return Number(text.replaceAll("_", ""));
  const ms = durationMs(text);
  return ms === undefined ? undefined : ms / 1_000;
}

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const UNITS_MS = [31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1] as const;

/** A duration such as 1h30m, ms; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  const parts = text === "" ? null : DURATION.exec(text);
  if (parts === null) return undefined;
  return UNITS_MS.reduce((sum, unit, at) => sum + unit * Number(parts[at + 1] ?? 0), 0);
}

const UNITS = ["y", "w", "d", "h", "m", "s", "ms"] as const;

/** A duration as Prometheus writes it: 90 min as 1h30m, 7 days as 1w, 8 days as 8d. */
export function durationText(ms: number): string {
  if (ms === 0) return "0s";
  let [rest, text] = [Math.abs(ms), ms < 0 ? "-" : ""];
  for (const [i, unit] of UNITS_MS.entries()) {
    // Years and weeks are written where nothing is left over.
    const isWhole = rest % unit === 0;
    if (rest < unit || (i < 2 && !isWhole)) continue;
    text += `${Math.floor(rest / unit)}${UNITS[i]}`;
    rest %= unit;
  }
  return text;
}

/** The latest time or longest duration that fits Prometheus' 64 bits of nanoseconds, ms. */
export const LONGEST_MS = 9_223_372_036_854;

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

/** The text of a string literal with its quotes; undefined when an escape or a quote is wrong. */
export function unquote(literal: string): string | undefined {
  const mark = literal[0] ?? "";
  const body = literal.slice(1, -1);
  if (literal.length < 2 || !literal.endsWith(mark)) return undefined;
  if (mark === "`") return body.includes("`") ? undefined : body;
  if (body.includes("\n")) return undefined;
  const bytes: number[] = [];
  const utf8 = new TextEncoder();
  const add = (text: string): void => void bytes.push(...utf8.encode(text));
  // Escapes may write single bytes of UTF-8, so the text is made of bytes.
  for (let i = 0; i < body.length; i++) {
    const character = String.fromCodePoint(body.codePointAt(i)!);
    if (character !== "\\") {
      add(character);
      i += character.length - 1;
      continue;
    }
    const numeric = /^(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8})|([0-7]{3}))/i.exec(
      body.slice(i + 1, i + 10),
    );
    const next = body[++i] ?? "";
    const plain = next === mark ? mark : ESCAPES[next];
    if (plain !== undefined) add(plain);
    else if (numeric === null) return undefined;
    else {
      const [all, hex, short, long, octal] = numeric;
      const code =
        octal === undefined ? parseInt(hex ?? short ?? long ?? "", 16) : parseInt(octal, 8);
      if (hex !== undefined || octal !== undefined) {
        if (code > 255) return undefined;
        bytes.push(code);
      } else if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
      else add(String.fromCodePoint(code));
      i += all.length - 1;
    }
  }
  return new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

/** The bound of a bucket label, or another number of a label; undefined when it is none. */
export function parseBound(text: string): number | undefined {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

/** A value as count_values writes it: the shortest digits, without exponent. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  if (Object.is(value, -0)) return "-0";
  return plainDigits(String(value));
}

/** Writes 1.5e-7 and 1e+21 without exponent, as strconv.FormatFloat(v, 'f', -1) does. */
function plainDigits(text: string): string {
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = "", lead = "", rest = "", exponent = ""] = parts;
  const digits = lead + rest;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, "0");
}
