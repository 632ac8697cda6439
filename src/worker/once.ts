// What tells repeats of a request from other requests: its Idempotency-Key and its body, as digests; or
// its content alone.

import { hash128 } from "../core/hash128.ts";

/** Of a request that came with an Idempotency-Key, or has one of its content. */
export interface Once {
  /**
   * Digest of the key: all are of one small size, and 128 bits do not meet by chance. It stands for
   * the part of a request that one layout sends to one shard, so SHARDS is in it: under another
   * layout the shard's part is another, and must not be taken for a repeat.
   */
  readonly key: string;
  /** Digest of the body and of what says how to read it: 0 … 2^53 − 1. */
  readonly fingerprint: number;
  /** The key is made of the content: no other body has it. */
  readonly ofContent: boolean;
}

/** An Idempotency-Key as it was given: nobody's is another's. */
export interface GivenKey {
  readonly key: string;
  /** The id of who sends it, without spaces. */
  readonly caller: string;
  readonly shards: number;
}

/** `reading` is all that decides what the body means beside its bytes. */
export async function onceOf(
  { key, caller, shards }: GivenKey,
  reading: string,
  body: Uint8Array,
): Promise<Once> {
  const [keyed, of] = await Promise.all([
    sha256(new TextEncoder().encode(`${shards} ${caller} ${key}`)),
    sha256(body),
  ]);
  const whole = await sha256(new Uint8Array([...new TextEncoder().encode(reading), ...of]));
  return {
    key: keyOf(keyed.subarray(0, 16)),
    // 53 bits.
    fingerprint: Number(new DataView(whole.buffer).getBigUint64(0) >> 11n),
    ofContent: false,
  };
}

/**
 * The key of a request that came with none. `sender` is all but the body that tells it from others: what
 * decides its meaning, as in `onceOf`, and who sent it. Each write of an agent pays for this: so no
 * SHA, whose only gain would be against senders who deceive themselves.
 */
export function onceOfContent(shards: number, sender: string, body: Uint8Array): Once {
  const both = new Uint8Array(32);
  both.set(hash128(new TextEncoder().encode(`${shards} ${sender}`)));
  both.set(hash128(body), 16);
  return { key: keyOf(hash128(both)), fingerprint: 0, ofContent: true };
}

const keyOf = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes)).replace(/=+$/, "");

const sha256 = async (bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
