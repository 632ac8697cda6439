// The room of this isolate: what reads hold of it, and what is kept of what they read while nobody needs it.

import * as LIMITS from "../core/limits.ts";
import { PackCache } from "../d1/pack-cache.ts";
import { ISOLATE_CLOCK } from "./isolate-clock.ts";
import { Room, type Share } from "./room.ts";

const room = new Room(ISOLATE_CLOCK);

export const packCache = new PackCache(
  LIMITS.packCacheBytes,
  () => LIMITS.isolateQueryBytes - room.held,
);

room.onGrant = () => packCache.trim();

/** Makes an answer with a share of the isolate's room, which it keeps while its text is written `until` its end. */
export const inRoom = (make: (share: Share) => Promise<Response>): Promise<Response> =>
  room.answer(make);
