// The shapes of what is said of saved views: /api/v1/views and /api/v1/shared. Times are Unix ms.

import type { MetricSummary } from "./api.ts";

export interface SavedView {
  readonly id: string;
  readonly name: string;
  readonly note: string;
  /** What stands behind the question mark of the page's address: panels, range, filters. */
  readonly search: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ViewsAnswer {
  /** By name. */
  readonly views: readonly SavedView[];
}

/** A link to a view, without its secret. */
export interface ViewLink {
  readonly id: string;
  readonly createdAt: number;
}

export interface LinksAnswer {
  /** The oldest first. */
  readonly links: readonly ViewLink[];
}

export interface CreatedLink extends ViewLink {
  /** Who has it reads the view: it is said here, and never again. */
  readonly secret: string;
}

/** What who has a link is told of its view. */
export interface SharedAnswer extends Pick<SavedView, "name" | "note" | "search"> {
  /** Of its metrics what decides how they are drawn. */
  readonly metrics: readonly Pick<MetricSummary, "name" | "type" | "unit">[];
}
