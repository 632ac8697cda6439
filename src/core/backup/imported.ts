// What an import did.

/** Of buckets, and of minutes. */
export interface Imported {
  /** They are new here. */
  readonly stored: number;
  /** The store had them, or what stands in their place. */
  readonly kept: number;
  /** They could not be put; `why` says so of the first. */
  readonly left: number;
  readonly why?: string;
}

export const sum = (a: Imported, b: Imported): Imported => {
  const why = a.why ?? b.why;
  return {
    stored: a.stored + b.stored,
    kept: a.kept + b.kept,
    left: a.left + b.left,
    ...(why !== undefined && { why }),
  };
};
