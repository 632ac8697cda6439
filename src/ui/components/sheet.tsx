// The sheet that lies over the page. Loaded when the first one is opened.

import { signedIn } from "../models/access.ts";
import { sheet } from "../models/sheet.ts";
import { AboutMetric } from "./about-metric.tsx";
import { KeysSheet } from "./keys-sheet.tsx";

export function Sheet() {
  const which = sheet.value;
  if (which === undefined) return null;
  if (which === "keys") return <KeysSheet />;
  // What another token has shown is not kept.
  return <AboutMetric key={`${which.about} ${signedIn.value}`} name={which.about} />;
}
