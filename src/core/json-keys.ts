// Finds keys that stand twice in one JSON object: JSON.parse keeps the last and says nothing, and
// two values of one label are a mistake that must not pass.

/**
 * The first key that stands twice in an object of `text`, which is valid JSON with `keys` keys in
 * what was parsed from it; undefined when there is none.
 */
export function duplicateKey(text: string, keys: number): string | undefined {
  // Quick way: each key ends in `":`, so when there are as many as parsed keys, none stood twice.
  // White space before a colon would hide one; an escaped quote or ":" in a string only adds.
  if (!/"[ \t\r\n]+:/.test(text)) {
    let found = 0;
    for (let i = text.indexOf('":'); i >= 0; i = text.indexOf('":', i + 2)) found++;
    if (found === keys) return undefined;
  }
  return scan(text);
}

function scan(text: string): string | undefined {
  const objects: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "{") objects.push(new Set());
    else if (c === "[") objects.push(undefined);
    else if (c === "}" || c === "]") objects.pop();
    else if (c === '"') {
      const end = endOfString(text, i);
      const next = /[^ \t\r\n]/g;
      next.lastIndex = end;
      if (next.exec(text)?.[0] === ":") {
        const key = String(JSON.parse(text.slice(i, end)));
        const seen = objects.at(-1);
        if (seen?.has(key)) return key;
        seen?.add(key);
      }
      i = end - 1;
    }
  }
  return undefined;
}

/** The index behind the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return i + 1;
}
