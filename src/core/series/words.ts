// Words that are searched for in names and labels: in any case, with or without diacritics, and, where that
// is asked for, with typing errors. Pure. It must not know where texts come from.

/** A text as it is compared. */
export interface Folded {
  /** Lower case, without diacritics. */
  readonly text: string;
  readonly original: string;
  /** Where in the original each character of `text` begins, and its end; absent: at the same place. */
  readonly at?: readonly number[];
  /** Which letters and digits it holds: a bit each from a to z, one for all others, four for digits. */
  readonly letters: number;
}

const ASCII = /^[\0-\x7f]*$/;
const DIACRITICS = /[\u0300-\u036f]/g;
/** Letters that Unicode does not take apart. */
const LETTERS: ReadonlyMap<string, string> = new Map(
  Object.entries({ ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i" }),
);

function foldedPoint(point: string): string {
  const plain = point.normalize("NFKD").replace(DIACRITICS, "").toLowerCase();
  return Array.from(plain, (letter) => LETTERS.get(letter) ?? letter).join("");
}

const [ZERO, NINE, A, Z] = [48, 57, 97, 122];
const OTHER = 1 << 26;

/** Signs do not count: one is as good as another. */
function lettersOf(text: string): number {
  let letters = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= A && code <= Z) letters |= 1 << (code - A);
    else if (code >= ZERO && code <= NINE) letters |= 1 << (27 + (code & 3));
    else if (code >= 128) letters |= OTHER;
  }
  return letters;
}

function bitsOf(letters: number): number {
  let bits = 0;
  for (let rest = letters; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}

export function fold(original: string): Folded {
  if (ASCII.test(original)) {
    const text = original.toLowerCase();
    return { text, original, letters: lettersOf(text) };
  }
  let text = "";
  const at: number[] = [];
  let place = 0;
  for (const point of original) {
    const piece = foldedPoint(point);
    for (let i = 0; i < piece.length; i++) at.push(place);
    text += piece;
    place += point.length;
  }
  return { text, original, at: [...at, place], letters: lettersOf(text) };
}

export interface Word {
  /** Folded. */
  readonly text: string;
  /** Of `name=value`: of a label that has both. */
  readonly pair?: readonly [name: string, value: string];
}

/** Words of one search at most: the others count for nothing. */
const WORDS = 8;

export function wordsOf(search: string): readonly Word[] {
  const texts = new Set(search.split(/\s+/).map((word) => fold(word).text));
  texts.delete("");
  return [...texts].slice(0, WORDS).map((text) => {
    const equals = text.indexOf("=");
    return equals < 1
      ? { text }
      : { text, pair: [text.slice(0, equals), text.slice(equals + 1)] as const };
  });
}

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
const UPPER = /\p{Lu}/u;
const DIGIT = /\p{N}/u;

/** What a character is, as far as it says where parts of a text begin. */
type Kind = "sign" | "letter" | "capital" | "digit";

const kindOf = (character: string): Kind =>
  UPPER.test(character)
    ? "capital"
    : DIGIT.test(character)
      ? "digit"
      : LETTER_OR_DIGIT.test(character)
        ? "letter"
        : "sign";

/** Most texts have no others. */
const KINDS: readonly Kind[] = Array.from({ length: 128 }, (_, code) =>
  kindOf(String.fromCharCode(code)),
);

const kindAt = (text: string, place: number): Kind =>
  KINDS[text.charCodeAt(place)] ?? kindOf(text.charAt(place));

/** Whether a part of the text begins there: cpu.load, cpu_load, cpuLoad and load1 have two each. */
function begins({ original, at }: Folded, index: number): boolean {
  const place = at === undefined ? index : at[index]!;
  if (place === 0) return true;
  const here = kindAt(original, place);
  if (here === "sign") return false;
  const before = kindAt(original, place - 1);
  return (
    before === "sign" ||
    (here === "capital" && before !== "capital") ||
    (here === "digit") !== (before === "digit")
  );
}

function* occurrences(word: string, text: string): Generator<number> {
  if (word === "") return;
  for (let i = text.indexOf(word); i >= 0; i = text.indexOf(word, i + 1)) yield i;
}

/** How well a text holds a word: the smaller, the better; undefined: it does not. */
export type Grade = (word: string, text: Folded) => number | undefined;

/** 0: at the start of a part; 1: within one. */
export const literally: Grade = (word, folded) => {
  let best: number | undefined;
  for (const index of occurrences(word, folded.text)) {
    if (begins(folded, index)) return 0;
    best = 1;
  }
  return best;
};

/** The same, and from 2 on with as many typing errors. */
export const forgivingly: Grade = (word, folded) => {
  const exact = literally(word, folded);
  if (exact !== undefined) return exact;
  const like = resembling(word, folded);
  return like === undefined ? undefined : 2 + like.errors;
};

/**
 * Letters that may be wrong, missing, too many, or change places with a neighbour. With another digit it is
 * another thing: web-1 is not web-2.
 */
const errorsIn = (word: string): number =>
  word.length < 4 || DIGIT.test(word) ? 0 : word.length < 8 ? 1 : 2;

/** To those who mistype, one sign between words is as good as another. */
const withoutSigns = (text: string): string =>
  ASCII.test(text) ? text.replace(/[^a-z0-9]/g, " ") : text.replace(/[^\p{L}\p{N}]/gu, " ");

interface Resemblance {
  readonly errors: number;
  /** Of the folded text, [start, end). */
  readonly start: number;
  readonly end: number;
}

/** The part of a text from the start of one of its parts on that is most like the word. */
function resembling(word: string, folded: Folded): Resemblance | undefined {
  const most = errorsIn(word);
  // Each letter that the text does not have is an error: most texts are not looked at any further.
  if (bitsOf(lettersOf(word) & ~folded.letters) > most) return undefined;
  const pattern = withoutSigns(word);
  const text = withoutSigns(folded.text);
  let best: Resemblance | undefined;
  for (let start = 0; start + word.length - most <= text.length; start++) {
    if (!begins(folded, start)) continue;
    const allowed = Math.min(most, (best?.errors ?? Infinity) - 1);
    const found = beginningLike(pattern, text.slice(start, start + word.length + most), allowed);
    if (found !== undefined) best = { errors: found.errors, start, end: start + found.length };
  }
  return best;
}

/**
 * The errors (of optimal string alignment), `most` of them, between a word and that beginning of a text that has
 * fewest. Of each row only what is so far from the diagonal is looked at: the place d stands for the beginning of
 * i − most + d characters.
 */
function beginningLike(
  word: string,
  text: string,
  most: number,
): { errors: number; length: number } | undefined {
  if (most === 0) return text.startsWith(word) ? { errors: 0, length: word.length } : undefined;
  const far = most + 1;
  const width = 2 * most + 1;
  let before: number[] = [];
  let last: number[] = [];
  for (let d = 0; d < width; d++) last.push(d < most ? far : d - most);
  for (let i = 1; i <= word.length; i++) {
    const row: number[] = [];
    let least = far;
    for (let d = 0; d < width; d++) {
      const j = i - most + d;
      let errors = j === 0 ? i : far;
      if (j > 0 && j <= text.length) {
        const isSame = word[i - 1] === text[j - 1];
        errors = Math.min(
          last[d]! + (isSame ? 0 : 1),
          (last[d + 1] ?? far) + 1,
          (row[d - 1] ?? far) + 1,
        );
        if (i > 1 && j > 1 && word[i - 1] === text[j - 2] && word[i - 2] === text[j - 1])
          errors = Math.min(errors, before[d]! + 1);
      }
      row.push(errors);
      least = Math.min(least, errors);
    }
    if (least > most) return undefined;
    [before, last] = [last, row];
  }
  const errors = Math.min(...last);
  // Of those with as many, the longest one that ends as the word does.
  const ends = last.flatMap((of, d) => (of === errors ? [word.length - most + d] : []));
  const end = ends.findLast((j) => text[j - 1] === word.at(-1)) ?? ends[0]!;
  return { errors, length: end };
}

/** Parts of the original text, [start, end), in order and apart. */
export type Marks = readonly (readonly [start: number, end: number])[];

/** What of a text the words found; with typing errors where one is not as it was typed. */
export function marksOf(words: readonly Word[], original: string): Marks {
  const folded = fold(original);
  const parts = words.flatMap(({ text, pair }): [number, number][] => {
    const exact = [text, ...(pair ?? [])].flatMap((word) =>
      Array.from(occurrences(word, folded.text), (i): [number, number] => [i, i + word.length]),
    );
    const like = exact.length > 0 ? undefined : resembling(text, folded);
    return like === undefined ? exact : [[like.start, like.end]];
  });
  return united(parts.map((part) => inOriginal(folded, part)));
}

function inOriginal({ at }: Folded, [start, end]: [number, number]): [number, number] {
  if (at === undefined) return [start, end];
  let after = end;
  // A letter that became two is marked whole.
  while (after < at.length - 1 && at[after] === at[after - 1]) after++;
  return [at[start]!, at[after]!];
}

function united(parts: readonly [number, number][]): Marks {
  const marks: [number, number][] = [];
  for (const [start, end] of parts.toSorted((a, b) => a[0] - b[0])) {
    const last = marks.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else marks.push([start, end]);
  }
  return marks;
}
