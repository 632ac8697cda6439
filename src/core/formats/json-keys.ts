// What JSON.parse does not tell of a text: keys that stand twice in one object (it keeps the last and
// says nothing, and two values of one label are a mistake that must not pass), and how deep it is.

export interface DuplicateKey {
  readonly key: string;
  /** The item of the outermost array that holds it; 0 when `text` is no array. */
  readonly item: number;
}

/**
 * The items of `text`, valid JSON, in which a key stands twice in an object, each with the first such
 * key. Slow: only to be asked when `keysIn` is not the number of keys in what was parsed.
 */
export function duplicateKeys(text: string): readonly DuplicateKey[] {
  const duplicates: DuplicateKey[] = [];
  const objects: (Set<string> | undefined)[] = [];
  let item = 0;
  const next = /[^ \t\r\n]/g;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "{") objects.push(new Set());
    else if (c === "[") objects.push(undefined);
    else if (c === "}" || c === "]") objects.pop();
    else if (c === "," && objects.length === 1 && objects[0] === undefined) item++;
    else if (c === '"') {
      const end = endOfString(text, i);
      next.lastIndex = end;
      if (next.test(text) && text[next.lastIndex - 1] === ":") {
        const quoted = text.slice(i, end);
        const key = quoted.includes("\\") ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
        const seen = objects.at(-1);
        if (seen?.has(key) === true && duplicates.at(-1)?.item !== item)
          duplicates.push({ key, item });
        seen?.add(key);
      }
      i = end - 1;
    }
  }
  return duplicates;
}

/**
 * How many keys stand in all objects of `text`; undefined when arrays and objects are nested deeper
 * than `depth`: asked before it is parsed, since a byte of nesting costs thirty bytes of memory. Text
 * that is no JSON gets any answer.
 */
export function keysIn(text: string, depth: number): number | undefined {
  let open = 0;
  let keys = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) i = endOfString(text, i) - 1;
    else if (c === 0x3a) keys++;
    else if (c === 0x5b || c === 0x7b) {
      if (++open > depth) return undefined;
    } else if (c === 0x5d || c === 0x7d) open--;
  }
  return keys;
}

/** The index behind the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let end = start;
  do {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
  } while (isEscaped(text, end));
  return end + 1;
}

/** Whether an odd number of backslashes stands before the character at `i`. */
function isEscaped(text: string, i: number): boolean {
  let slash = i;
  while (text.charCodeAt(slash - 1) === 0x5c) slash--;
  return (i - slash) % 2 === 1;
}
