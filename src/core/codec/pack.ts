// A pack: the segments of up to 16 neighbouring series within one span, as the text of one D1 row. D1 can
// take one of them out (body ->> '$."7"'); whoever wants several reads the row whole.

import { CorruptBytes } from "./bytes.ts";

/** Series of a pack. Measured on D1: bench/packs.ts. */
export const SERIES_PER_PACK = 16;

/** The pack of a series of D1, by its id. */
export const packOf = (id: number): number => Math.floor(id / SERIES_PER_PACK);
/** The place of a series in its pack. */
export const slotOf = (id: number): number => id % SERIES_PER_PACK;
/** The id of the series at a place of a pack. */
export const idAt = (pack: number, slot: number): number => pack * SERIES_PER_PACK + slot;

/** Segments by slot. */
export type Pack = ReadonlyMap<number, string>;

/** A JSON object: slot → segment (see segment.ts). Segments are base64: nothing is to be escaped. */
export function encodePack(segments: Pack): string {
  const parts = [...segments]
    .sort(([a], [b]) => a - b)
    .map(([slot, segment]) => `"${slot}":"${segment}"`);
  return `{${parts.join(",")}}`;
}

const SLOT = /^(?:\d|1[0-5])$/;

/** Reads `encodePack` back; the segments themselves may be anything. @throws CorruptBytes */
export function decodePack(body: string): Map<number, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new CorruptBytes("a pack is not JSON");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new CorruptBytes("a pack is not a JSON object");
  const segments = new Map<number, string>();
  for (const [slot, segment] of Object.entries(parsed)) {
    if (!SLOT.test(slot)) throw new CorruptBytes(`a pack has no slot "${slot}"`);
    if (typeof segment !== "string") throw new CorruptBytes(`slot ${slot} of a pack is no text`);
    segments.set(Number(slot), segment);
  }
  return segments;
}

/**
 * The same without its quotation marks, `{3:AQIA…,7:AQEE…}`, of the slots that are wanted: so D1 hands packs out by the
 * thousand, since each mark would be escaped, and read again, in the JSON that answers travel in. @throws CorruptBytes
 */
export function decodeBarePack(
  bare: string,
  isWanted: (slot: number) => boolean = () => true,
): Map<number, string> {
  const end = bare.length - 1;
  if (end < 1 || bare[0] !== "{" || bare[end] !== "}" || bare[end - 1] === ",")
    throw new CorruptBytes("a pack is not JSON");
  const segments = new Map<number, string>();
  // By hand: a regular expression for each slot takes longer than all else of a pack that lies in memory.
  for (let at = 1; at < end;) {
    const comma = bare.indexOf(",", at);
    const next = comma < 0 ? end : comma;
    const [first, second] = [digitAt(bare, at), digitAt(bare, at + 1)];
    const slot = second < 0 ? first : 10 * first + second;
    const colon = second < 0 ? at + 1 : at + 2;
    const isSlot = first >= 0 && slot < SERIES_PER_PACK && (second < 0 || first > 0);
    if (!isSlot || colon >= next || bare[colon] !== ":") throw noSlot(bare.slice(at, next));
    if (isWanted(slot)) segments.set(slot, bare.slice(colon + 1, next));
    at = next + 1;
  }
  return segments;
}

/** Below 0: none. */
function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 48;
  return digit <= 9 ? digit : -1;
}

function noSlot(part: string): CorruptBytes {
  const colon = part.indexOf(":");
  return new CorruptBytes(
    colon < 0
      ? "a pack has a slot without a segment"
      : `a pack has no slot "${part.slice(0, colon)}"`,
  );
}
