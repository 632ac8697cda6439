// All endpoints. The app, the API document and the access rules are made of this list, and a test
// compares the paths that wrangler.toml sends to the Worker with it.

import { FORMATS } from "../../core/formats/registry.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { documented } from "../http/openapi.ts";
import { readBackup, takeBackup } from "./backup.ts";
import { addOne, events, removeOne } from "./events.ts";
import { find } from "./find.ts";
import { flush } from "./flush.ts";
import { healthz } from "./healthz.ts";
import {
  alertRules,
  changeAlertRule,
  createRule,
  removeAlertRule,
  silenceRule,
  testRule,
  unsilenceRule,
} from "./alerts.ts";
import { datadogValidate } from "./datadog.ts";
import { health, influxPing, influxQuery } from "./influx.ts";
import { ingest } from "./ingest.ts";
import { live } from "./live.ts";
import { describe, remove } from "./metric.ts";
import { setDescription } from "./metric-description.ts";
import { metrics } from "./metrics.ts";
import { pointsDocument } from "./points.ts";
import { promBuildInfo, promExemplars } from "./prometheus/about.ts";
import { promAlerts, promRules } from "./prometheus/alerts.ts";
import { atRoot } from "./prometheus/dialect.ts";
import { promFormatQuery, promParseQuery } from "./prometheus/expression.ts";
import { promLabels, promLabelValues, promSeries } from "./prometheus/catalogue.ts";
import { promMetadata } from "./prometheus/metadata.ts";
import { promQuery, promQueryRange } from "./prometheus/query.ts";
import { pushgatewayDelete } from "./pushgateway.ts";
import { query } from "./query.ts";
import { session, signIn, signOut } from "./session.ts";
import { status } from "./status.ts";
import { storeMetrics } from "./store-metrics.ts";
import { createToken, revokeToken, tokens } from "./tokens.ts";
import { sharedValues } from "./shared-values.ts";
import { createLink, links, revokeLink, shared } from "./view-links.ts";
import { removeView, saveView, view, views } from "./views.ts";

/** Those whose paths are free without their prefix: `query` is the native one there. */
const PROMETHEUS: readonly Endpoint[] = [
  promQueryRange,
  promFormatQuery,
  promParseQuery,
  promSeries,
  promLabels,
  promLabelValues,
  promBuildInfo,
  promMetadata,
  promExemplars,
  promRules,
  promAlerts,
];

export const ENDPOINTS: readonly Endpoint[] = documented([
  ...ingest(FORMATS, { "/api/v1/points": pointsDocument }),
  query,
  metrics,
  find,
  describe,
  setDescription,
  remove,
  live,
  flush,
  readBackup,
  takeBackup,
  status,
  storeMetrics,
  tokens,
  createToken,
  revokeToken,
  views,
  view,
  saveView,
  removeView,
  links,
  createLink,
  revokeLink,
  shared,
  sharedValues,
  events,
  addOne,
  removeOne,
  alertRules,
  createRule,
  changeAlertRule,
  silenceRule,
  unsilenceRule,
  testRule,
  removeAlertRule,
  session,
  signIn,
  signOut,
  healthz,
  health,
  influxPing,
  influxQuery,
  datadogValidate,
  promQuery,
  ...PROMETHEUS,
  ...atRoot(PROMETHEUS),
  ...pushgatewayDelete,
]);
