// Bodies of any length, stored piece by piece as they come: what this holds at a time is bounded. Each
// piece is known by its content, so that a request may come again in whatever order. It knows no format.

import type { Asked, BadBody, Format, Piece } from "../core/formats/format.ts";
import type { Intake } from "../core/formats/intake.ts";
import type { Outcome } from "../core/formats/outcome.ts";
import { said } from "../core/formats/said.ts";
import { Total } from "../core/formats/total.ts";
import * as LIMITS from "../core/limits.ts";
import { atOnce } from "../core/parts.ts";
import { counted } from "../core/text.ts";
import { configOf, type Env } from "./env.ts";
import { bodyParts } from "./http/body.ts";
import { unzstd } from "./http/decompress.ts";
import { fail } from "./http/failure.ts";
import { onceOfContent } from "./once.ts";
import { Turns, type TurnSize } from "./turns.ts";
import { type KnownPart, writeEach } from "./write.ts";

export interface Reading {
  readonly format: Format;
  readonly asked: Asked;
  /** All but the content that tells a piece from those of other requests. */
  readonly origin: string;
  readonly sender: string | undefined;
  /** A sample that is kept already counts once: see `Format`. */
  readonly repeats: boolean;
  newIntake(): Intake;
}

/** Stores what a body holds, up to where something is wrong with it. @throws Failed */
export async function storePieces(env: Env, request: Request, reading: Reading): Promise<Outcome> {
  const { format } = reading;
  const cutter = format.cut!(unzstd);
  const stored = new Stored(env, reading);
  let wrong: BadBody | undefined;
  for await (const bytes of bodyParts(request, format)) {
    wrong = await stored.takeAll(cutter.take(bytes));
    await stored.hurry();
    stored.leave();
    if (wrong !== undefined || stored.total.isOver) break;
  }
  await stored.write();
  const { total } = stored;
  const outcome = total.outcome();
  wrong ??= cutter.end();
  // What a shard did not store is to come again, whatever is wrong behind it.
  if (wrong !== undefined && !total.isOver)
    return fail({ kind: wrong.code, message: `${wrong.message}${before(total)}` });
  return outcome.kind === "partly" && total.isRefused
    ? { ...said(outcome), kind: "refused", message: `${said(outcome).message}; no more was read` }
    : outcome;
}

const before = ({ accepted }: Total): string =>
  accepted === 0
    ? ""
    : `; ${counted(accepted, "point")} before it are stored, and count once when they come again`;

/** Points of a turn. */
const TURN: TurnSize = { long: 8 * LIMITS.itemsPerTurn, short: LIMITS.itemsPerTurn };

/** Pieces of one body on their way into the store. */
class Stored {
  readonly total = new Total();
  readonly #env: Env;
  readonly #reading: Reading;
  readonly #turns = new Turns(TURN);
  #waiting: (KnownPart & Pick<Piece, "name">)[] = [];
  #points = 0;
  #bytes = 0;
  #written = 0;
  #since = Date.now();

  constructor(env: Env, reading: Reading) {
    this.#env = env;
    this.#reading = reading;
  }

  /** Takes pieces, and stores those of before when there are enough; what is wrong with one. */
  async takeAll(pieces: Generator<Piece, BadBody | undefined>): Promise<BadBody | undefined> {
    for (;;) {
      const { done, value } = pieces.next();
      if (done === true) return value;
      const isFull =
        this.#points + value.points > LIMITS.pointsPerRequest ||
        this.#bytes + value.bytes.length > LIMITS.pieceBytesPerWrite ||
        this.#waiting.length >= LIMITS.piecesPerWrite;
      if (isFull) await this.write();
      if (this.total.isOver) return undefined;
      const wrong = this.#take(value);
      if (wrong !== undefined) return { ...wrong, message: `${value.name}: ${wrong.message}` };
      if (this.#turns.isOver(value.points)) await this.#turns.next();
    }
  }

  #take(piece: Piece): BadBody | undefined {
    const { format, asked, origin, newIntake } = this.#reading;
    const intake = newIntake();
    const read = atOnce(format.decode(piece.bytes, asked, intake, unzstd));
    if (!read.ok) return read.error;
    const once = onceOfContent(configOf(this.#env).shards, origin, piece.bytes);
    this.#waiting.push({ name: piece.name, intake, once });
    this.#points += piece.points;
    this.#bytes += piece.bytes.length;
    return undefined;
  }

  /** Others have their turn while more is waited for. */
  leave(): void {
    this.#turns.leave();
  }

  /** Stores what waits for others that come slowly. @throws Failed when there is nothing for too long */
  async hurry(): Promise<void> {
    if (Date.now() - this.#since < LIMITS.bodyMs) return;
    if (this.#waiting.length > 0) return await this.write();
    fail({
      kind: "too_slow",
      message: `no item arrived within ${LIMITS.bodyMs / 1_000} s: send it faster`,
    });
  }

  /** Stores all that was taken. */
  async write(): Promise<void> {
    const parts = this.#waiting;
    this.#waiting = [];
    this.#points = 0;
    this.#bytes = 0;
    this.#turns.rest();
    const outcomes = await writeEach(this.#env, parts, this.#reading);
    outcomes.forEach((outcome, i) => this.total.add(outcome, this.#written + i, parts[i]!.name));
    this.#written += parts.length;
    this.#since = Date.now();
  }
}
