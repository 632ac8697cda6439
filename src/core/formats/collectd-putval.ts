// PUTVAL lines of collectd's text protocol (collectd-unixsock(5)):
// `PUTVAL host/plugin[-instance]/type[-instance] [interval=s] time:value[:value…] …`.

import * as LIMITS from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { quote } from "../text.ts";
import { closingQuote, NUMBER } from "./text-lines.ts";

/** A value list: one time, and a value for each of its data sources. */
export interface ValueList {
  readonly host: string;
  readonly plugin: string;
  readonly pluginInstance: string;
  readonly type: string;
  readonly typeInstance: string;
  /** Names of its data sources; one alone has none. */
  readonly sources: readonly string[];
  /** Unix s; undefined is arrival. */
  readonly timeSec: number | undefined;
  /** Null where there is none. */
  readonly values: readonly unknown[];
}

/** What stands for no value: U, and what C prints of a gauge that is not finite, or of a rate without a value before. */
const NO_VALUE = /^(?:U|-?nan|[+-]?inf(?:inity)?)$/i;

/** The value lists of a line. */
export function readPutval(line: string): Result<readonly ValueList[], string> {
  const words = wordsOf(line);
  if (!words.ok) return words;
  const [command = "", identifier = "", ...rest] = words.value;
  if (command.toUpperCase() !== "PUTVAL") return err(`expected PUTVAL, got ${quote(command)}`);
  const [host = "", plugin = "", type = "", ...more] = identifier.split("/");
  if (host === "" || plugin === "" || type === "" || more.length > 0)
    return err(`expected host/plugin/type, got ${quote(identifier)}`);
  const [pluginName, pluginInstance] = parted(plugin);
  const [typeName, typeInstance] = parted(type);
  const lists: ValueList[] = [];
  for (const word of rest) {
    if (word.includes("=")) continue;
    const [time = "", ...texts] = word.split(":");
    if (texts.length > LIMITS.pointsPerRequest || lists.length === LIMITS.pointsPerRequest)
      return err(`it holds more values than the ${LIMITS.pointsPerRequest} of a request`);
    const values = texts.map((text) => (NO_VALUE.test(text) ? null : numberOf(text)));
    const isTime = time === "N" || NUMBER.test(time);
    if (!isTime || values.length === 0 || values.includes(undefined))
      return err(`expected time:value, got ${quote(word)}`);
    lists.push({
      host,
      plugin: pluginName,
      pluginInstance,
      type: typeName,
      typeInstance,
      sources: values.length === 1 ? [""] : sourcesOf(typeName, values.length),
      timeSec: time === "N" ? undefined : Number(time),
      values,
    });
  }
  return lists.length > 0 ? ok(lists) : err("there is no value");
}

/** Words, of which those with spaces stand in quotes. */
function wordsOf(line: string): Result<readonly string[], string> {
  const words: string[] = [];
  for (let at = 0; at < line.length;) {
    const c = line[at];
    if (c === " " || c === "\t") at++;
    else if (c === '"') {
      const end = closingQuote(line, at);
      if (end < 0) return err("a quote is not closed");
      words.push(line.slice(at + 1, end).replace(/\\(.)/g, "$1"));
      at = end + 1;
    } else {
      let end = at + 1;
      while (end < line.length && !' \t"'.includes(line[end]!)) end++;
      words.push(line.slice(at, end));
      at = end;
    }
  }
  return ok(words);
}

/** A name and its instance, behind the first dash. */
function parted(text: string): readonly [name: string, instance: string] {
  const dash = text.indexOf("-");
  return dash < 0 ? [text, ""] : [text.slice(0, dash), text.slice(dash + 1)];
}

function numberOf(text: string): number | undefined {
  const value = Number(text);
  return NUMBER.test(text) && Number.isFinite(value) ? value : undefined;
}

/**
 * Names of the values of a type, which a PUTVAL leaves to the reader's types.db; numbers where it is not
 * one of collectd's own types with several values.
 */
function sourcesOf(type: string, count: number): readonly string[] {
  const names = SOURCES[type]?.split(" ");
  return names?.length === count ? names : Array.from({ length: count }, (_, i) => String(i));
}

const SOURCES: Readonly<Record<string, string>> = {
  arc_counts: "demand_data demand_metadata prefetch_data prefetch_metadata",
  arc_l2_bytes: "read write",
  arc_size: "current target minlimit maxlimit",
  compression: "uncompressed compressed",
  df: "used free",
  disk_io_time: "io_time weighted_io_time",
  disk_latency: "read write",
  disk_merged: "read write",
  disk_octets: "read write",
  disk_ops: "read write",
  disk_time: "read write",
  dns_octets: "queries responses",
  domain_state: "state reason",
  ib_octets: "rx tx",
  ib_packets: "rx tx",
  if_dropped: "rx tx",
  if_errors: "rx tx",
  if_octets: "rx tx",
  if_packets: "rx tx",
  io_octets: "rx tx",
  io_ops: "read write",
  io_packets: "rx tx",
  load: "shortterm midterm longterm",
  memcached_octets: "rx tx",
  mysql_octets: "rx tx",
  mysql_qcache: "hits inserts not_cached lowmem_prunes queries_in_cache",
  mysql_threads: "running connected cached created",
  node_octets: "rx tx",
  ps_count: "processes threads",
  ps_cputime: "user syst",
  ps_disk_octets: "read write",
  ps_disk_ops: "read write",
  ps_pagefaults: "minflt majflt",
  serial_octets: "rx tx",
  smart_attribute: "current worst threshold pretty",
  vf_bytes: "vf_rx vf_tx",
  vf_dropped: "vf_rx vf_tx",
  vf_packets: "vf_rx vf_tx",
  vmpage_faults: "minflt majflt",
  vmpage_io: "in out",
  voltage_threshold: "value threshold",
};
