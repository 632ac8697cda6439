// What a wire format is: data. A new one is a decoder, a row in registry.ts and a folder of fixtures;
// the route, the access rules and the API document are made of the row. No HTTP of the platform here.

import type { z } from "zod";
import * as LIMITS from "../limits.ts";
import type { Result } from "../result.ts";
import type { Intake } from "./intake.ts";
import type { Outcome } from "./outcome.ts";

/** What a bad item does: the whole request is refused, or the others are stored and it is counted. */
export const BAD_ITEM = ["refuse", "skip"] as const;
export type BadItem = (typeof BAD_ITEM)[number];

/** The body cannot be read at all. */
export interface BadBody {
  readonly code: "invalid_json" | "invalid_utf8" | "invalid_body" | "too_many_points";
  readonly message: string;
}

/** For decoders that find the intake full, or what would not fit it. */
export const tooMany = ({ isLong }: { readonly isLong: boolean }): BadBody => ({
  code: "too_many_points",
  message: isLong
    ? `the series of a request may have ${LIMITS.keyCharactersPerRequest} characters of names and labels: send several`
    : `a request may hold ${LIMITS.pointsPerRequest} points: send several`,
});

/** What a request asks for beside its body. */
export interface Asked<P extends z.ZodObject = z.ZodObject> {
  readonly parameters: z.output<P>;
  /** As it came, for formats that say something in it. */
  readonly path: string;
}

/** An answer as plain data. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
}

/** Where a request may carry its token. */
export interface Carrier {
  header(name: string): string | null;
  parameter(name: string): string | null;
  /** The password of `Authorization: Basic`. */
  password(): string | null;
}

/** Undoes a content encoding; never makes more than `most` bytes. The error says what is wrong. */
export type Decompress = (
  bytes: Uint8Array,
  most: number,
) => Result<Uint8Array, "too_large" | { readonly message: string }>;

/** A body of one item. */
export interface Piece {
  /** What the item is called, with its number, in what is said of it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Points that it may hold at most. */
  readonly points: number;
}

/** Cuts one body. It holds no more of it than one item. */
export interface Cutter {
  /** Takes the bytes that follow, and gives the items that are whole now; then what is wrong, if anything. */
  take(bytes: Uint8Array): Generator<Piece, BadBody | undefined>;
  /** What is wrong with an end here. */
  end(): BadBody | undefined;
}

/** Work on a body, which yields after some (see part.ts) how many points it has read since. */
export type Decoding = Generator<number, Result<void, BadBody>>;

export interface Format<P extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** One sentence for the API document. */
  readonly summary: string;
  readonly methods: readonly ("POST" | "PUT")[];
  /** Formats may share a path: then the media type tells them apart. */
  readonly paths: readonly `/${string}`[];
  /**
   * Media types, in lower case. Parameters that stand in one (`a/b;proto=c`) must stand in the
   * request's too. "" is a request that names none, "*" whatever no other format of the path takes.
   */
  readonly types: readonly string[];
  /** Of the query string; a loose object lets unknown ones pass. */
  readonly parameters: P;
  /** The token where it is not `Authorization: Bearer`; undefined when the request has none there. */
  token?(carrier: Carrier): string | undefined;
  /** Content encodings of its own, beside those that every format takes. */
  readonly encodings?: Readonly<Record<string, Decompress>>;
  /** It takes no other ones. */
  readonly onlyOwnEncodings?: true;
  /** The content encoding of a body that names none; absent: identity. */
  readonly encoding?: string;
  /**
   * Its senders send the same bytes again when they got no answer. A request without Idempotency-Key
   * whose points all have a time of their own is then known by its content, and counts once.
   */
  readonly sendsAgain?: true;
  /**
   * They may do so in other pieces, and a series has one value at a time with them: of such a request a
   * sample that its minute keeps already is a repeat, and counts once.
   */
  readonly repeats?: true;
  readonly badItem: BadItem;
  /** Where a request may choose that itself. */
  badItemOf?(asked: Asked<P>): BadItem;
  /**
   * Puts the points of a body into `intake`, and says there what is wrong with single items. It gets
   * any bytes at all, and never throws. Text is decoded by utf8.ts alone, JSON by json-parts.ts. It yields
   * behind a thousand points, and behind as much work on what holds none (see part.ts), but within one item,
   * which is taken whole once it is read. `unzstd` is for
   * what is packed within a body.
   */
  decode(bytes: Uint8Array, asked: Asked<P>, intake: Intake, unzstd: Decompress): Decoding;
  /**
   * Of bodies that may have any length: cuts one as it comes into bodies of an item each. Each of them is
   * known by its content, in whatever order and company it comes again. Absent: a body comes as a whole.
   */
  cut?(unzstd: Decompress): Cutter;
  /** What its clients expect: one exhaustive switch. */
  render(outcome: Outcome): Answer;
}

/** A format whose decoder is held to the types of its parameters. */
export const format = <P extends z.ZodObject>(one: Format<P>): Format => one;
