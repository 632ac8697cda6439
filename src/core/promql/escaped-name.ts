// Names as Grafana puts them in an address: U__ before them, __ for _, and _2e_ for the character 2e.

/** Each character but _, or an escape: so many digits as Prometheus reads, and no half of a pair. */
const ESCAPED = /^U__(?:[^_]|__|_(?!0?d[89a-f][\da-f]{2}_)[\da-f]{1,5}_)*$/i;

/**
 * The name that is meant, as `model.UnescapeName` of prometheus/common reads it: a name that is not escaped
 * is itself, and so is one in which an escape is wrong.
 */
export function unescapedName(name: string): string {
  if (!name.startsWith("U__") || !ESCAPED.test(name)) return name;
  return name
    .slice(3)
    .replace(/_([\da-f]*)_/gi, (_, hex: string) =>
      hex === "" ? "_" : String.fromCodePoint(Number.parseInt(hex, 16)),
    );
}
