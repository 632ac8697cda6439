// What is laid over all charts besides their own data: marks of events, lines. Its code is loaded when
// there is any.

import { signal } from "@preact/signals";
import type uPlot from "uplot";
import type { UnitName } from "../units.ts";
import type { Panel } from "../url.ts";
import type { Scale } from "./scale.ts";

/** Lays it anew over the chart of a panel that was drawn. */
export type Overlay = (u: uPlot, panel: Panel, unit: UnitName, scale: Scale) => void;

/** Another one whenever what is to be laid over has changed. */
export const overlay = signal<Overlay | undefined>(undefined);
