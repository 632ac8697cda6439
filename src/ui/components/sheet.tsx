// The sheet that lies over the page. Loaded when the first one is opened.

import { sheet } from "../models/sheet.ts";
import { AboutMetric } from "./about-metric.tsx";
import { KeysSheet } from "./keys-sheet.tsx";

export function Sheet() {
  const which = sheet.value;
  if (which === undefined) return null;
  return which === "keys" ? <KeysSheet /> : <AboutMetric name={which.about} />;
}
