// What stands in the header while an alert fires; its code comes with the first.

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

export const bell = signal<ComponentChildren>(null);
