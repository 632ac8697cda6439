// The test cases of prometheus/compliance, written out as its tool does: each with all of its variants.

const ARGUMENTS: Readonly<Record<string, string>> = {
  range: "1s 15s 1m 5m 15m 1h",
  offset: "1m 5m 10m",
  simpleAggrOp: "sum avg max min count stddev stdvar",
  simpleTimeAggrOp: "sum avg max min count stddev stdvar absent last",
  topBottomOp: "topk bottomk",
  quantile: "-0.5 0.1 0.5 0.75 0.95 0.90 0.99 1 1.5",
  arithBinOp: "+ - * / % ^",
  compBinOp: "== != < > <= >=",
  binOp: "+ - * / % ^ == != < > <= >=",
  simpleMathFunc: "abs ceil floor exp sqrt ln log2 log10 round",
  extrapolatedRateFunc: "delta rate increase",
  clampFunc: "clamp_min clamp_max",
  instantRateFunc: "idelta irate",
  dateFunc: "day_of_month day_of_week days_in_month hour minute month year",
};

/** `yaml`: the file of that repository; its queries stand on one line each. */
export function expanded(yaml: string): readonly string[] {
  const queries = [...yaml.matchAll(/^\s+(?:- )?query: (.*)$/gm)].map(([, text = ""]) =>
    unquoted(text.trim()),
  );
  return queries.flatMap(variants);
}

const unquoted = (text: string): string =>
  text.startsWith("'")
    ? text.slice(1, -1).replaceAll("''", "'")
    : text.startsWith('"')
      ? String(JSON.parse(text))
      : text;

function variants(query: string): string[] {
  const name = /\{\{\.(\w+)\}\}/.exec(query)?.[1];
  if (name === undefined) return [query];
  const values = ARGUMENTS[name];
  if (values === undefined) throw new Error(`unknown argument ${name} of ${query}`);
  return values.split(" ").flatMap((value) => variants(query.replaceAll(`{{.${name}}}`, value)));
}
