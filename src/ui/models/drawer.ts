// On a narrow screen the list of metrics is a drawer: whether it is open.

import { signal } from "@preact/signals";

export const listOpen = signal(false);
