// A body that is written as it is read. What it is made of must never be held as a whole.

const encoder = new TextEncoder();

/** Bytes that are sent at a time, at most. */
const BLOCK = 262_144;

/** A body of texts, each made when there is room for it. */
export function streamOf(texts: Iterator<string>): ReadableStream<Uint8Array> {
  let rest = "";
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
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
            return;
          }
          rest = value;
        }
        controller.enqueue(block.subarray(0, length));
      },
      cancel: () => void texts.return?.(),
    },
    { highWaterMark: 0 },
  );
}
