// Requests as real clients send them, one or more for each endpoint that reads anything.

import { ENDPOINTS } from "../../../src/worker/routes/list.ts";
import { EXPORTED } from "../../node/formats/victoria-native/exported.ts";
import { compress, NOW } from "../api-client.ts";
import { DIALECTS, SEC } from "../dialects.ts";
import type { Bytes } from "./mutate.ts";

/** A request, of which path or body is to be changed. */
export interface Sample {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Bytes;
  /** How the body is packed after it was changed. */
  readonly pack?: (body: Bytes) => Promise<Bytes>;
}

const encoder = new TextEncoder();
const bytes = (text: string): Bytes => Uint8Array.from(encoder.encode(text));
const JSON_TYPE = { "content-type": "application/json" };

const posted = (
  path: string,
  body: unknown,
  headers: Sample["headers"] = JSON_TYPE,
  method = "POST",
): Sample => ({
  method,
  path,
  headers,
  body: bytes(typeof body === "string" ? body : JSON.stringify(body)),
});

const asked = (path: string): Sample => ({ method: "GET", path, headers: {} });

const gzip = async (body: Bytes): Promise<Bytes> =>
  Uint8Array.from(new Uint8Array(await compress(body, "gzip")));

const ofDialects = (): Sample[] =>
  Object.values(DIALECTS).flatMap((dialect): Sample[] => {
    const text = dialect.both(dialect.good("fuzz.good"), dialect.good("fuzz.other"));
    const body = dialect.encode?.(text) ?? bytes(text);
    const { path, type } = dialect;
    const headers = { "content-type": type };
    const plain = { method: "POST", path, headers, body };
    if (dialect.onlyOwnEncodings) return [plain];
    const packed = { ...headers, "content-encoding": "gzip" };
    return [plain, { ...plain, headers: packed, pack: gzip }];
  });

const NATIVE = [
  { name: "fuzz.native", value: 1.5, timestamp: NOW, labels: { host: "a", zone: "b" } },
  {
    name: "fuzz.native",
    labels: { host: "b" },
    datapoints: [
      [NOW, 1],
      [NOW - 60_000, 2],
    ],
  },
  { name: "fuzz.native_total", type: "counter", unit: "bytes", help: "What is", value: 7 },
];

const EXPOSITION = `# HELP fuzz_text What it is
# TYPE fuzz_text histogram
fuzz_text_bucket{le="0.1"} 1
fuzz_text_bucket{le="+Inf"} 3 ${NOW}
fuzz_text_sum 2.5
fuzz_text_count 3
`;

const QUERIES = [
  "?metric=fuzz.native&from=-1h&to=now&resolution=minute&by=host&where=zone%3D~b.*",
  "?metric=fuzz.native&resolution=raw&from=-5m",
  `?metric=fuzz.native&from=${NOW - 86_400_000}&to=${NOW}&resolution=hour&stat=p50&stat=p99&order=p99`,
  "?metric=fuzz.native&across=sum&by=*&order=max&limit=5&format=csv&csv=excel",
].map((query) => asked(`/api/v1/query${query}`));

const PROMQL = [
  'sum by (host) (rate(fuzz_text_count{le!="x",host=~"a|b"}[5m] offset 1m)) > bool 0',
  "histogram_quantile(0.9, sum by (le) (increase(fuzz_text_bucket[10m])))",
  'max_over_time(deriv({__name__=~"fuzz.*"}[1m:15s])[5m:30s] @ end())',
  'label_replace(topk(3, {"fuzz.native"}), "a", "$1-x", "host", "(.*)") * on(host) group_left() vector(1)',
  'count_values without (zone) ("v", quantile_over_time(0.5, {"fuzz.native"}[3m])) or absent(nope)',
].flatMap((query) => [
  asked(`/prometheus/api/v1/query?time=${SEC}&query=${encodeURIComponent(query)}`),
  asked(
    `/api/v1/query_range?start=${SEC - 600}&end=${SEC}&step=15s&query=${encodeURIComponent(query)}`,
  ),
  asked(`/prometheus/api/v1/format_query?query=${encodeURIComponent(query)}`),
  asked(`/prometheus/api/v1/parse_query?query=${encodeURIComponent(query)}`),
  posted(
    "/prometheus/api/v1/query_range",
    new URLSearchParams({ query, start: `${SEC - 60}`, end: `${SEC}`, step: "15" }).toString(),
    { "content-type": "application/x-www-form-urlencoded" },
  ),
]);

/** A line of minutes, and one of what is known of a metric, of a backup. */
const BACKUP = [
  {
    metric: "fuzz.backup",
    labels: { host: "a" },
    minute: {
      at: [NOW - 60_000, NOW],
      value: [1, 2],
      end: [NOW],
      bucket: {
        start: [NOW - 120_000],
        count: [9],
        sum: [9],
        carry: [0],
        min: [1],
        max: [1],
        first: [1],
        firstAt: [NOW - 119_000],
        last: [1],
        lastAt: [NOW - 118_000],
      },
    },
  },
  { about: "fuzz.backup", said: { type: "counter" }, saidAt: 1, set: { unit: "By" }, setAt: 1 },
]
  .map((line) => JSON.stringify(line))
  .join("\n");

const RULE = {
  name: "fuzz",
  metric: "fuzz.native",
  stat: "avg",
  by: ["host"],
  where: ["zone=~b.*"],
  op: ">",
  threshold: 1,
  webhook: "https://hooks.example/fuzz",
};

/** Other endpoints, whatever they do but delete. */
const others = (): Sample[] => [
  posted("/api/v1/alerts/rules", RULE),
  posted("/api/v1/alerts/rules/1", { ...RULE, stat: "rate", op: "<=" }, JSON_TYPE, "PUT"),
  posted("/api/v1/alerts/rules/1/silence", { until: NOW + 60_000 }),
  posted("/api/v1/events", { text: "deployed", tags: ["web"], timestamp: NOW }),
  posted("/api/v1/backup", BACKUP, { "content-type": "application/x-ndjson" }),
  asked(`/api/v1/backup?metric=fuzz.native&from=${NOW - 86_400_000}&to=${NOW}`),
  posted("/api/v1/tokens", { name: "fuzz", scope: "write", prefix: "fuzz.", expiresAt: NOW * 2 }),
  posted("/api/v1/session", { token: "x" }),
  posted(
    "/api/v1/views/fuzz",
    { name: "fuzz", note: "", search: "range=1h&metric=fuzz.native" },
    JSON_TYPE,
    "PUT",
  ),
  posted(
    "/api/v1/metric?name=fuzz.native",
    { unit: "bytes", type: "gauge", help: "x" },
    JSON_TYPE,
    "PUT",
  ),
  ...[
    "/api/v1/metrics?limit=10&search=fuzz",
    "/api/v1/metric?name=fuzz.native",
    "/api/v1/status",
    "/api/v1/views/fuzz",
    "/api/v1/live?metric=fuzz.native",
    "/query?q=SHOW+DATABASES&db=x",
    "/ping?verbose=true",
    `/prometheus/api/v1/series?match[]=${encodeURIComponent('{__name__=~"fuzz.*"}')}&start=0&end=${SEC}`,
    `/prometheus/api/v1/label/host/values?match[]=fuzz_text_count`,
    "/prometheus/api/v1/labels?limit=3",
    "/prometheus/api/v1/metadata?metric=fuzz_text",
  ].map(asked),
];

/** With something to change in each. */
export const samples = (): readonly Sample[] => [
  posted("/api/v1/points", NATIVE),
  posted("/api/v1/points?bad=skip", NATIVE),
  posted("/api/v1/points", NATIVE.map((one) => JSON.stringify(one)).join("\n"), {
    "content-type": "application/x-ndjson",
  }),
  ...ofDialects(),
  {
    method: "POST",
    path: "/api/v1/import/native?extra_label=a%3Db",
    headers: { "content-type": "" },
    body: Uint8Array.from(atob(EXPORTED), (c) => c.charCodeAt(0)),
  },
  posted("/metrics/job/fuzz/instance/a", EXPOSITION, {
    "content-type": "text/plain; version=0.0.4",
  }),
  posted("/metrics/job@base64/ZnV6eg/zone/b", EXPOSITION, { "content-type": "text/plain" }, "PUT"),
  ...QUERIES,
  ...PROMQL,
  ...others(),
];

/** All endpoints that none of these asks. */
export const rest = (all: readonly Sample[]): readonly Sample[] =>
  ENDPOINTS.flatMap(({ methods, path }) =>
    methods.map((method): Sample => ({ ...asked(filled(path)), method })),
  ).filter(
    ({ method, path }) =>
      !all.some((one) => one.method === method && one.path.split("?")[0] === path),
  );

/** A path with something for what it leaves open. */
const filled = (path: string): string => path.replaceAll(/:\w+(\{[^}]*\})?|\*/g, "fuzz");
