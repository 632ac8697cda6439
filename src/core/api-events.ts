// The shapes of what is said of events: /api/v1/events.

export interface EventSaid {
  readonly id: string;
  /** Unix ms. */
  readonly timestamp: number;
  readonly text: string;
  readonly tags: readonly string[];
}

export interface EventsAnswer {
  /** The latest first. */
  readonly events: readonly EventSaid[];
  /** There are more in the range: these are the latest. */
  readonly truncated?: true;
}
