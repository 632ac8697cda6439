// Shows how far a long job is: a bar that redraws itself in a terminal, else a line now and then.

const WIDTH = 30;
/** In a file or a pipe: a line each this much, in percent. */
const LINE_EVERY = 10;

/** The bar and the figures, like `[####----] 50 %  10,000 of 20,000 points, 4 s left`. Pure. */
export function bar(done: number, all: number, elapsedMs: number, what = "points"): string {
  const part = all === 0 ? 1 : done / all;
  const full = Math.round(part * WIDTH);
  const left = part === 0 ? Infinity : (elapsedMs / part - elapsedMs) / 1_000;
  const time = part === 1 || !Number.isFinite(left) ? "" : `, ${Math.ceil(left)} s left`;
  const percent = String(Math.floor(part * 100)).padStart(3);
  return `[${"#".repeat(full)}${"-".repeat(WIDTH - full)}] ${percent} %  ${figure(done)} of ${figure(all)} ${what}${time}`;
}

export const figure = (value: number): string => value.toLocaleString("en-US");

export class Progress {
  readonly #out: NodeJS.WriteStream;
  readonly #all: number;
  readonly #what: string;
  readonly #started = Date.now();
  #done = 0;
  #nextLine = LINE_EVERY;

  constructor(out: NodeJS.WriteStream, all: number, what = "points") {
    this.#what = what;
    this.#out = out;
    this.#all = all;
  }

  add(points: number): void {
    this.#done += points;
    const line = bar(this.#done, this.#all, Date.now() - this.#started, this.#what);
    if (this.#out.isTTY) this.#out.write(`\r\u001b[K${line}`);
    else if ((this.#done / this.#all) * 100 >= this.#nextLine) {
      this.#out.write(`${line}\n`);
      this.#nextLine = (Math.floor(((this.#done / this.#all) * 100) / LINE_EVERY) + 1) * LINE_EVERY;
    }
  }

  /** A line of its own, without hurting the bar. */
  note(text: string): void {
    this.#out.write(`${this.#out.isTTY ? "\r\u001b[K" : ""}${text}\n`);
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write("\n");
  }
}
