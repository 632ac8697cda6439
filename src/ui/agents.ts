// What agents already speak: the lines that point one at this store, and what becomes of what it sends.
// A list; the page shows it, and tests run the same lines with the real agents. No wire format here.

export interface Agent {
  /** Names its part of the page. */
  readonly id: string;
  readonly name: string;
  /** Where the lines go. */
  readonly where: string;
  /** `origin`: of the store, without a slash at its end; `token`: what the agent sends as one. */
  lines(origin: string, token: string): string;
  /** Of names and labels; backticks mark code. */
  readonly becomes: string;
}

/** A client that has an address in parts. */
const parts = (origin: string): { host: string; port: string; isSecure: boolean } => {
  const { hostname, port, protocol } = new URL(origin);
  const isSecure = protocol === "https:";
  return { host: hostname, port: port === "" ? (isSecure ? "443" : "80") : port, isSecure };
};

const INFLUX =
  "`room,floor=1 temperature=21.5` is the metric `room_temperature` with the label `floor`; a field called `value` has the name of its measurement alone. Booleans are 0 and 1; texts are passed over. Databases, buckets and organisations name nothing.";

const REMOTE_WRITE =
  "Names, labels and times stay as they are. A sample that is NaN says that there is no value. Native histograms and exemplars are not kept.";

const OTLP =
  "Names stay as they are; attributes of points are labels. `service.name` is `job`, with `service.namespace/` before it, and `service.instance.id` is `instance`; other attributes of the resource are not kept. A histogram is `_bucket`, `_sum` and `_count`; an exponential one has the powers of two as bounds.";

const COLLECTD =
  "A value of the plugin `df` is the metric `collectd.df` with the labels `host`, `plugin_instance`, `type` and `type_instance`, and `ds` where a type has several values. Both Formats give the same series.";

export const AGENTS: readonly Agent[] = [
  {
    id: "curl",
    name: "curl, line protocol",
    where: "a shell",
    lines: (origin, token) =>
      `curl --fail --retry 5 --retry-all-errors '${origin}/write?precision=s' \\
  -H 'Authorization: Token ${token}' \\
  --data-binary "room,floor=1 temperature=21.5 $(date +%s)"`,
    becomes: INFLUX,
  },
  {
    id: "prometheus",
    name: "Prometheus",
    where: "prometheus.yml",
    lines: (origin, token) =>
      `global:
  scrape_interval: 15s
remote_write:
  - url: ${origin}/api/v1/write
    authorization:
      credentials: ${token}
scrape_configs:
  - job_name: prometheus
    static_configs:
      - targets: [localhost:9090]`,
    becomes: REMOTE_WRITE,
  },
  {
    id: "otlp-proto",
    name: "OpenTelemetry, protobuf",
    where: "Node.js",
    lines: (origin, token) => otlp("proto", origin, token),
    becomes: OTLP,
  },
  {
    id: "otlp-http",
    name: "OpenTelemetry, JSON",
    where: "Node.js",
    lines: (origin, token) => otlp("http", origin, token),
    becomes: OTLP,
  },
  {
    id: "prometheus-remote-write",
    name: "prometheus-remote-write",
    where: "Node.js",
    lines: (origin, token) =>
      `import { pushTimeseries } from "prometheus-remote-write";

await pushTimeseries(
  {
    labels: { __name__: "room_temperature", floor: "1" },
    samples: [{ value: 21.5, timestamp: Date.now() }],
  },
  { url: "${origin}/api/v1/push", auth: { username: "any", password: "${token}" } },
);`,
    becomes: REMOTE_WRITE,
  },
  {
    id: "prom-client",
    name: "prom-client, as to a Pushgateway",
    where: "Node.js",
    lines: (origin, token) =>
      `import { Gauge, Pushgateway } from "prom-client";

new Gauge({ name: "room_temperature", help: "In °C", labelNames: ["floor"] })
  .labels("1")
  .set(21.5);
const headers = { Authorization: "Bearer ${token}" };
await new Pushgateway("${origin}", { headers }).pushAdd({ jobName: "rooms" });`,
    becomes:
      "Names and labels stay as they are; labels of the path, `job` first, replace those of the series. The time is that of arrival, so that what is pushed again counts again. What is deleted stays.",
  },
  {
    id: "graphite",
    name: "Graphite plaintext",
    where: "a shell",
    lines: (origin, token) =>
      `echo "servers.web-1.load;rack=a1 0.5 $(date +%s)" |
  curl --fail --retry 5 --retry-all-errors '${origin}/api/v1/graphite' \\
    -u 'any:${token}' -H 'Content-Type: text/plain' --data-binary @-`,
    becomes: "The path is the metric; tags behind it are labels.",
  },
  {
    id: "influx-import",
    name: "influx -import",
    where: "a shell",
    lines(origin, token) {
      const { host, port, isSecure } = parts(origin);
      return `influx -host ${host} -port ${port}${isSecure ? " -ssl" : ""} -username any -password '${token}' \\
  -import -path=dump.txt -precision=s`;
    },
    becomes: `What \`influx_inspect export\` wrote, in batches of 5,000 lines. ${INFLUX}`,
  },
  {
    id: "victoriametrics",
    name: "Export of VictoriaMetrics",
    where: "a shell",
    lines: (origin, token) =>
      `curl --fail 'http://localhost:8428/api/v1/export' -d 'match[]={__name__!=""}' |
  curl --fail --retry 5 --retry-all-errors '${origin}/api/v1/import' \\
    -u 'any:${token}' --data-binary @-`,
    becomes:
      "Names and labels stay as they are. A body holds 8 MiB and 100,000 points: of more, take a `start` and `end` at a time, or `vmctl vm-native`.",
  },
  {
    id: "vmctl-native",
    name: "vmctl vm-native",
    where: "a shell",
    lines: (origin, token) =>
      `vmctl vm-native --vm-native-src-addr http://localhost:8428 \\
  --vm-native-filter-match '{__name__!=""}' \\
  --vm-native-filter-time-start 2026-01-01T00:00:00Z \\
  --vm-native-dst-addr ${origin} \\
  --vm-native-dst-user any --vm-native-dst-password '${token}'`,
    becomes:
      "Names, labels and times stay as they are. Cloudflare gives one request 30 s of CPU: of a large store take a part at a time, by `--vm-native-filter-time-start` and `--vm-native-filter-time-end`. These are whole seconds, and both are included: end a part 1 s before the next one begins, or, where samples lie between whole seconds, when it begins. Run again, even after it was cut off, it counts nothing twice for a day, while VictoriaMetrics has not changed its blocks. Where blocks have grown, or parts overlap, a sample counts once while its minute waits for D1 and keeps its samples: up to an hour, less when more than 250,000 minutes wait; later it counts again. What is older than hours are kept is refused: begin behind that.",
  },
  {
    id: "vmctl",
    name: "vmctl influx",
    where: "a shell",
    lines: (origin, token) =>
      `vmctl influx --influx-addr http://localhost:8086 --influx-database mydb \\
  --vm-addr ${origin} --vm-user any --vm-password '${token}' \\
  --vm-batch-size 50000 --vm-concurrency 1`,
    becomes:
      "The field `temperature` of `room` is the metric `room_temperature`; tags are labels, and `db` is one. By one worker it sends the same batches when it is run again, and nothing counts twice.",
  },
  {
    id: "vmagent",
    name: "vmagent, for what speaks TCP or UDP",
    where: "a shell",
    lines: (origin, token) =>
      `vmagent -influxListenAddr=:8089 -graphiteListenAddr=:2003 \\
  -remoteWrite.url=${origin}/api/v1/write -remoteWrite.bearerToken='${token}'`,
    becomes:
      "A bridge: line protocol (also as HTTP on port 8429) and Graphite plaintext come in, remote write goes out. Names and labels are those of the formats themselves; `db` of line protocol is a label.",
  },
  {
    id: "collectd-json",
    name: "collectd, JSON",
    where: "collectd.conf",
    lines: (origin, token) => collectd(`${origin}/api/v1/collectd`, "JSON", token),
    becomes: COLLECTD,
  },
  {
    id: "collectd-kairosdb",
    name: "collectd, KairosDB",
    where: "collectd.conf",
    lines: (origin, token) => collectd(`${origin}/api/v1/datapoints`, "KAIROSDB", token),
    becomes: COLLECTD,
  },
  {
    id: "influxdb-client",
    name: "@influxdata/influxdb-client",
    where: "Node.js",
    lines: (origin, token) =>
      `import { InfluxDB, Point } from "@influxdata/influxdb-client";

const influx = new InfluxDB({ url: "${origin}", token: "${token}" });
const options = { flushInterval: 1000, minRetryDelay: 1000 };
const write = influx.getWriteApi("any", "any", "ms", options);
write.writePoint(new Point("room").tag("floor", "1").floatField("temperature", 21.5));`,
    becomes: INFLUX,
  },
  {
    id: "influx",
    name: "influx for Node.js",
    where: "Node.js",
    lines(origin, token) {
      const { host, port, isSecure } = parts(origin);
      return `import { InfluxDB } from "influx";

const influx = new InfluxDB({
  host: "${host}",
  port: ${port},
  protocol: "${isSecure ? "https" : "http"}",
  username: "any",
  password: "${token}",
  database: "any",
});
await influx.writePoints([
  {
    measurement: "room",
    tags: { floor: "1" },
    fields: { temperature: 21.5 },
    timestamp: new Date(),
  },
]);`;
    },
    becomes: INFLUX,
  },
  {
    id: "datadog",
    name: "@datadog/datadog-api-client",
    where: "Node.js",
    lines: (origin, token) =>
      `import { client, v2 } from "@datadog/datadog-api-client";

const configuration = client.createConfiguration({
  baseServer: new client.BaseServerConfiguration("${origin}", {}),
  authMethods: { apiKeyAuth: "${token}" },
});
await new v2.MetricsApi(configuration).submitMetrics({
  body: {
    series: [
      {
        metric: "room.temperature",
        type: 3,
        points: [{ timestamp: Math.floor(Date.now() / 1000), value: 21.5 }],
        tags: ["floor:1"],
        resources: [{ type: "host", name: "cellar" }],
      },
    ],
  },
});`,
    becomes:
      "Tags, `host`, `device` and resources are labels. A tag without a value is `true`; several values of one are joined by commas.",
  },
];

const collectd = (url: string, format: string, token: string): string =>
  `LoadPlugin write_http
<Plugin write_http>
  <Node "minuet">
    URL "${url}"
    Format "${format}"
    StoreRates true
    User "any"
    Password "${token}"
  </Node>
</Plugin>`;

const otlp = (protocol: "proto" | "http", origin: string, token: string): string =>
  `import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-${protocol}";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";

const exporter = new OTLPMetricExporter({
  url: "${origin}/v1/metrics",
  headers: { Authorization: "Bearer ${token}" },
});
const provider = new MeterProvider({
  resource: resourceFromAttributes({ "service.name": "rooms" }),
  readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 15000 })],
});
const meter = provider.getMeter("rooms");
meter.createCounter("room.opened").add(3, { floor: "1" });
meter.createHistogram("room.stay").record(7, { floor: "1" });
await provider.shutdown();`;
