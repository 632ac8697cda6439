// What a shard holds, piece by piece, as it is decoded.

import { seriesOfBlock } from "../../core/codec/page.ts";
import type { Rows } from "../../core/query/source.ts";
import type { HeadAnswer } from "../../durable/answers.ts";
import type { Form } from "./forms.ts";

export interface Piece {
  /** The numbers of its series. */
  series(): Iterable<number>;
  /** Appends its rows to the form, and to `numbers` of which series they are. @throws CorruptBytes */
  read(numbers: number[]): void;
}

/** Those of sealed pages that are wanted, and what is open. */
export function* piecesOf<R extends Rows>(
  { sealed, open, loose }: HeadAnswer,
  isWanted: (page: number) => boolean,
  form: Form<R>,
): Generator<Piece> {
  const blocks = sealed.filter(({ page }) => isWanted(page)).map(({ block }) => block);
  for (const block of [...blocks, ...open])
    yield { series: () => seriesOfBlock(block), read: (numbers) => form.block(block, numbers) };
  if (loose !== undefined)
    yield { series: () => new Set(loose.series), read: (numbers) => form.loose(loose, numbers) };
}
