// The list of wire formats, and which of those on a path a request speaks.

import { collectdCommand, collectdJson } from "./collectd.ts";
import { datadog1, datadog2 } from "./datadog.ts";
import type { Format } from "./format.ts";
import { graphite } from "./graphite.ts";
import { influx1, influx2 } from "./influx.ts";
import { kairosGzip, kairosJson } from "./kairos.ts";
import { nativeJson, nativeNdjson } from "./native.ts";
import { otlpJson, otlpProtobuf } from "./otlp.ts";
import { pushgateway, pushgatewayOpenMetrics, pushgatewayProtobuf } from "./pushgateway.ts";
import { remoteWrite1, remoteWrite2 } from "./remote-write.ts";
import { victoria } from "./victoria.ts";
import { victoriaNative } from "./victoria-native.ts";

export const FORMATS: readonly Format[] = [
  nativeJson,
  nativeNdjson,
  influx1,
  influx2,
  graphite,
  victoria,
  victoriaNative,
  datadog1,
  datadog2,
  kairosJson,
  kairosGzip,
  collectdJson,
  collectdCommand,
  remoteWrite1,
  remoteWrite2,
  otlpProtobuf,
  otlpJson,
  pushgateway,
  pushgatewayOpenMetrics,
  pushgatewayProtobuf,
];

/** What was found of a list before. */
const found = new WeakMap<readonly Format[], Map<string, Format | undefined>>();
/** Content-Types that are remembered of a list, and their characters: more are made up. */
const REMEMBERED = 64;
const CHARACTERS = 200;

/** The format of a request by its Content-Type (null: it has none); undefined when none takes it. */
export function formatFor(
  formats: readonly Format[],
  contentType: string | null,
): Format | undefined {
  let known = found.get(formats);
  if (known === undefined) found.set(formats, (known = new Map()));
  const key = contentType ?? "";
  if (known.has(key)) return known.get(key);
  const format = bestFor(formats, contentType);
  if (known.size < REMEMBERED && key.length <= CHARACTERS) known.set(key, format);
  return format;
}

/** Characters of a Content-Type that are looked at: none has more that says something. */
const LOOKED_AT = 1_000;

function bestFor(formats: readonly Format[], contentType: string | null): Format | undefined {
  const given = parse((contentType ?? "").slice(0, LOOKED_AT));
  let best: Format | undefined;
  let rank = -1;
  for (const format of formats)
    for (const type of format.types) {
      const fits = fit(type, given);
      if (fits <= rank) continue;
      best = format;
      rank = fits;
    }
  return best;
}

interface MediaType {
  readonly type: string;
  readonly parameters: readonly string[];
}

/** In lower case, without white space and quotes around values. */
function parse(text: string): MediaType {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  return { type, parameters: parameters.map((one) => one.replace(/\s*=\s*"?([^"]*)"?$/, "=$1")) };
}

/** The media types of formats, which are asked for with each request. */
const known = new Map<string, MediaType>();

function wantedType(text: string): MediaType {
  let type = known.get(text);
  if (type === undefined) known.set(text, (type = parse(text)));
  return type;
}

/** How well a media type of a format fits what came: −1 not at all. */
function fit(wanted: string, given: MediaType): number {
  if (wanted === "*") return 0;
  const { type, parameters } = wantedType(wanted);
  const fits =
    type === given.type &&
    parameters.every((one) => given.parameters.includes(one)) &&
    // Of protobuf it names the message: none is taken for another.
    given.parameters.every((one) => !one.startsWith("proto=") || parameters.includes(one));
  return fits ? 1 + parameters.length : -1;
}
