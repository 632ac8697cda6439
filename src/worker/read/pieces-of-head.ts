// What a shard holds, piece by piece, as it is decoded.

import { seriesOfBlock } from "../../core/codec/page.ts";
import type { Rows } from "../../core/query/source.ts";
import type { HeadAnswer } from "../../durable/answers.ts";
import type { Form } from "./forms.ts";

export interface Piece<R extends Rows> {
  /** The numbers of its series. */
  series(): Iterable<number>;
  /** What it is made of: the same object each time. */
  readonly of: object;
  /** Appends its rows to a form, and to `numbers` of which series they are. @throws CorruptBytes */
  read(form: Form<R>, numbers: number[]): void;
}

/** Those of sealed pages that are wanted, and what is open. */
export function* piecesOf<R extends Rows>(
  { sealed, open, loose }: HeadAnswer,
  isWanted: (page: number) => boolean,
): Generator<Piece<R>> {
  const blocks = sealed.filter(({ page }) => isWanted(page)).map(({ block }) => block);
  for (const block of [...blocks, ...open])
    yield {
      of: block,
      series: () => seriesOfBlock(block),
      read: (form, numbers) => form.block(block, numbers),
    };
  if (loose !== undefined)
    yield {
      of: loose,
      series: () => new Set(loose.series),
      read: (form, numbers) => form.loose(loose, numbers),
    };
}

/** Rows [first, end). */
type Run = readonly [first: number, end: number];

export interface ReadPiece<R extends Rows> {
  readonly rows: R;
  /** By the numbers of series, in the order of rows. */
  readonly runs: ReadonlyMap<number, readonly Run[]>;
}

/** Of a row with all samples that it may keep. */
const ROW_BYTES = 130;

/** Reads pieces; or, where each is handed out in parts, keeps what was read until `clear`. */
export class Pieces<R extends Rows> {
  readonly #form: Form<R>;
  readonly #kept: Map<object, ReadPiece<R>> | undefined;
  readonly #held: (bytes: number) => void;
  #bytes = 0;

  /** `held`: told how many bytes are kept. */
  constructor(form: Form<R>, keeps: boolean, held: (bytes: number) => void) {
    this.#form = form;
    this.#kept = keeps ? new Map() : undefined;
    this.#held = held;
  }

  kept(piece: Piece<R>): ReadPiece<R> | undefined {
    return this.#kept?.get(piece.of);
  }

  /** Unless they are kept, rows are the form's. @throws CorruptBytes */
  read(piece: Piece<R>): ReadPiece<R> {
    const form = this.#kept === undefined ? this.#form : this.#form.own();
    const { rows } = form;
    rows.length = 0;
    const numbers: number[] = [];
    piece.read(form, numbers);
    const read = { rows, runs: runsOf(numbers) };
    this.#kept?.set(piece.of, read);
    if (this.#kept !== undefined) this.#held((this.#bytes += ROW_BYTES * rows.length));
    return read;
  }

  clear(): void {
    this.#kept?.clear();
    this.#held((this.#bytes = 0));
  }
}

function runsOf(numbers: readonly number[]): ReadPiece<Rows>["runs"] {
  const runs = new Map<number, Run[]>();
  for (let first = 0; first < numbers.length;) {
    const number = numbers[first]!;
    let end = first + 1;
    while (end < numbers.length && numbers[end] === number) end++;
    const of = runs.get(number);
    if (of === undefined) runs.set(number, [[first, end]]);
    else of.push([first, end]);
    first = end;
  }
  return runs;
}
