// Which sheet lies over the page: that of keys, or that about a metric.

import { signal } from "@preact/signals";

export const sheet = signal<"keys" | { readonly about: string } | undefined>(undefined);
