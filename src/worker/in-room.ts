// The room of this isolate, and answers that are made with a share of it.

import { Room, type Share } from "./room.ts";

const room = new Room({
  now: () => performance.now(),
  wait: (ms) => scheduler.wait(ms),
});

/** Makes an answer with a share of the isolate's room, which it keeps while its text is written `until` its end. */
export const inRoom = (make: (share: Share) => Promise<Response>): Promise<Response> =>
  room.answer(make);
