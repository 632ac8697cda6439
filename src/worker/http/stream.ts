// A body that is written as it is read. What it is made of must never be held as a whole.

import * as LIMITS from "../../core/limits.ts";
import { Turns } from "../turns.ts";

const encoder = new TextEncoder();

/** Bytes that are sent at a time, at most: some 1 ms of work. */
const BLOCK = 65_536;
/** What that takes the time of. As long as the socket takes them, nobody else has a turn by itself. */
const ROWS_OF_A_BLOCK = LIMITS.rowsPerShortTurn;

/** Characters up to which an answer is made at once: a stream would take longer than what is in it. */
const SMALL = BLOCK / 4;

/** A body of texts; of more than a small one each is made when there is room for it. */
export function bodyOf(texts: Iterator<string>): ReadableStream<Uint8Array> | Uint8Array {
  let small = "";
  while (small.length <= SMALL) {
    const { value, done } = texts.next();
    if (done === true) return encoder.encode(small);
    small += value;
  }
  return streamOf(small, texts);
}

/** A body of a text and of others, each made when there is room for it. */
function streamOf(first: string, texts: Iterator<string>): ReadableStream<Uint8Array> {
  let rest = first;
  const turns = new Turns();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (turns.isOver(ROWS_OF_A_BLOCK)) await turns.next();
        // Texts go straight into bytes: joined, they would be garbage that lives long.
        const block = new Uint8Array(BLOCK);
        let length = 0;
        for (;;) {
          const { read, written } = encoder.encodeInto(rest, block.subarray(length));
          length += written;
          rest = rest.slice(read);
          if (rest !== "") break;
          const { value, done } = texts.next();
          if (done === true) {
            if (length > 0) controller.enqueue(block.subarray(0, length));
            controller.close();
            return turns.rest();
          }
          rest = value;
        }
        controller.enqueue(block.subarray(0, length));
        turns.leave();
      },
      cancel: () => void texts.return?.(),
    },
    { highWaterMark: 0 },
  );
}

/** A body whose texts are yet to be made: one that was, and the others one after the other. */
export function streamOfLater(
  first: string,
  others: AsyncIterator<string>,
): ReadableStream<Uint8Array> {
  let text: string | undefined = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const parts = text === undefined ? [] : [text];
        text = undefined;
        let length = parts.reduce((sum, one) => sum + one.length, 0);
        let isDone = false;
        while (length < BLOCK && !isDone) {
          const { value, done } = await others.next();
          if (done === true) isDone = true;
          else {
            parts.push(value);
            length += value.length;
          }
        }
        if (parts.length > 0) controller.enqueue(encoder.encode(parts.join("")));
        if (isDone) controller.close();
      },
      cancel: () => void others.return?.(),
    },
    { highWaterMark: 0 },
  );
}
