// The texts of named tokens and of links to views: made here, shown once, and kept as their digests alone.

const BYTES = 24;
const FORM = /^minuet_[0-9a-f]{48}$/;
const LINK = /^minuet_view_[0-9a-f]{48}$/;

/** A new one: 192 random bits behind a word by which a leaked one is recognized. */
export const newTokenText = (): string =>
  `minuet_${hex(crypto.getRandomValues(new Uint8Array(BYTES)))}`;

/** The secret of a new link to a view. */
export const newLinkText = (): string =>
  `minuet_view_${hex(crypto.getRandomValues(new Uint8Array(BYTES)))}`;

/** A secret by which notices of alerts are signed. */
export const newSecretText = (): string =>
  `whsec_${hex(crypto.getRandomValues(new Uint8Array(BYTES)))}`;

/** Whether a text could be one of those. */
export const isLinkText = (text: string): boolean => LINK.test(text);

/** Whether a text could be a named token: all others are wrong without a look at the list. */
export const isNamedToken = (text: string): boolean => FORM.test(text);

/**
 * SHA-256, hexadecimal. It is looked up, and not compared with the token: how long that takes tells of
 * the digest alone, which nobody can choose. The tokens are random, so no salt and no slow hash is
 * needed.
 */
export const digestOf = async (text: string): Promise<string> =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text))));

const encoder = new TextEncoder();

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
