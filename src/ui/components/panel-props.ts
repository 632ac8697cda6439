// What the parts of a panel are given. Types alone: its parts import these, not each other.

import type { Drawing } from "../models/drawing.ts";
import type { Reading } from "../models/reading.ts";
import type { Panel } from "../url.ts";

/** A part that shows, or changes, how a panel is cut. */
export interface CutProps {
  /** The panel's place on the page. */
  readonly index: number;
  readonly panel: Panel;
}

export interface ToolsProps extends CutProps {
  readonly reading: Reading;
  /** Undefined while there is nothing to keep or copy. */
  readonly drawing: Drawing | undefined;
  readonly canvas: { readonly current: HTMLCanvasElement | undefined };
}

export interface HeadProps extends ToolsProps {
  /** Without the controls of the page around it. */
  readonly embedded: boolean;
}
