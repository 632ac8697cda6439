// A body that is written as it is read. What it is made of must never be held as a whole.

import { Turns, type TurnSize } from "../turns.ts";

const encoder = new TextEncoder();

/** Bytes that are sent at a time, at most: some 1 ms of work. */
const BLOCK = 65_536;
/** Blocks of a turn: as long as the socket takes them, nobody else has one by itself. */
const TURN: TurnSize = { long: 8, short: 1 };

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
  let isCancelled = false;
  const turns = new Turns(TURN);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (turns.isOver(1)) await turns.next();
        try {
          // While it waited, whoever reads may have gone.
          if (isCancelled) return;
          // Texts go straight into bytes: joined, they would be garbage that lives long.
          const block = new Uint8Array(BLOCK);
          let length = 0;
          let isDone = false;
          while (length < BLOCK) {
            const { read, written } = encoder.encodeInto(rest, block.subarray(length));
            length += written;
            rest = rest.slice(read);
            if (rest !== "") break;
            const { value, done } = texts.next();
            isDone = done === true;
            if (isDone) break;
            rest = value;
          }
          if (length > 0) controller.enqueue(block.subarray(0, length));
          if (isDone) controller.close();
        } finally {
          turns.leave();
        }
      },
      cancel: () => {
        isCancelled = true;
        texts.return?.();
      },
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
