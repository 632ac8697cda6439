// Numbers that name a series, each by the numbering that it belongs to: they do not mix.

declare const numbering: unique symbol;

/** A number of a series by the order in which a request first names it, from 0. */
export type RequestSeries = number & { readonly [numbering]: "request" };
