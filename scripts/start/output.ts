// Makes what the tools print fit to be shown: no colours, no blank lines, no noise. Pure.

/** Lines that help nobody here. */
const NOISE = [
  /^🪵 {2}Logs were written to/,
  /^\[wrangler:warn\] Unable to fetch the `Request\.cf` object/,
  // A client that went away in the middle of its body.
  /^Error inside ProxyWorker .*: Network connection lost\.$/,
  /^Error: getaddrinfo \S+ workers\.cloudflare\.com/,
  /^ +at GetAddrInfoReqWrap\./,
  /^ +at .*\/node_modules\/wrangler\//,
  // The addresses of a C++ trace, and the number under which its cause was printed.
  /^ *stack: .*workerd@/,
  /internal error; reference = /,
  /^ *If you think this is a bug, please open an issue at: https:\/\/github\.com\/cloudflare/,
];

/** What SQLite's result codes mean for whoever runs the server: one line whoever prints them. */
const TROUBLES = [
  [/\bSQLITE_FULL/, "The disk is full: nothing is stored until there is room again."],
  [
    /\bSQLITE_(CORRUPT|NOTADB)/,
    "A database of the store is damaged: end the server, and put a copy of its folder back.",
  ],
  [
    /\bSQLITE_(IOERR|CANTOPEN|READONLY|PERM)/,
    "The files of the store can no longer be read or written: look at their disk.",
  ],
] as const;
/** How long a trouble that was told is not told again, ms: each request meets it. */
const TELL_AGAIN = 60_000;

/** Removes what colours text in a terminal. */
// oxlint-disable-next-line no-control-regex -- escape sequences start with one
const plain = (text: string): string => text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");

/** A line as it is shown; undefined when it is not. */
export function cleanLine(line: string): string | undefined {
  const text = plain(line)
    .trimEnd()
    .replace(/^✘ \[ERROR\] /, "")
    .replace(/^\[wrangler:error\] /, "")
    .replace(/^e = workerd\/\S+: failed: /, "The runtime failed: ");
  const trouble = TROUBLES.find(([sign]) => sign.test(text));
  if (trouble !== undefined) return trouble[1];
  return text === "" || NOISE.some((noise) => noise.test(text)) ? undefined : text;
}

/** Cuts a stream of text into lines as they end. */
export class Lines {
  #rest = "";

  add(text: string): string[] {
    const lines = (this.#rest + text).split(/\r?\n/);
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  /** What came after the last end of a line. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = "";
    return rest === "" ? [] : [rest];
  }
}

/** Tells each trouble once a minute. */
export class Told {
  readonly #at = new Map<string, number>();

  /** Whether a line is to be shown at `now`, Unix ms. */
  tells(line: string, now: number): boolean {
    if (!TROUBLES.some(([, trouble]) => trouble === line)) return true;
    if (now - (this.#at.get(line) ?? -Infinity) < TELL_AGAIN) return false;
    this.#at.set(line, now);
    return true;
  }
}

/** The newest lines, to be shown when something fails. */
export class Tail {
  readonly #lines: string[] = [];
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  add(line: string): void {
    // Some errors are printed twice.
    if (line === this.#lines.at(-1)) return;
    this.#lines.push(line);
    if (this.#lines.length > this.#size) this.#lines.shift();
  }

  toString(): string {
    return this.#lines.map((line) => `  ${line}`).join("\n");
  }
}
