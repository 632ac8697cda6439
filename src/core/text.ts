// Texts for messages: those of others quoted, and cut when they are long.

/** A text in quotes for a message, cut when it is long. */
export const quote = (text: string): string => JSON.stringify(cut(text));

/** A text of at most so many characters. */
export const cut = (text: string, most = 80): string =>
  text.length > most ? `${text.slice(0, most - 3)}…` : text;

/** "1 point", "2 points". */
export const counted = (many: number, what: string): string =>
  `${many} ${what}${many === 1 ? "" : "s"}`;
