// The text of a named token: made here, shown once, and kept as its digest alone.

const BYTES = 24;
const FORM = /^minuet_[0-9a-f]{48}$/;

/** A new one: 192 random bits behind a word by which a leaked one is recognized. */
export const newTokenText = (): string =>
  `minuet_${hex(crypto.getRandomValues(new Uint8Array(BYTES)))}`;

/** Whether a text could be one: all others are wrong without a look at the list. */
export const isNamedToken = (text: string): boolean => FORM.test(text);

/**
 * SHA-256, hexadecimal. It is looked up, and not compared with the token: how long that takes tells of
 * the digest alone, which nobody can choose. The tokens are random, so no salt and no slow hash is
 * needed.
 */
export const digestOf = async (text: string): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
