// The time zone of everything that is shown: the reader's, or UTC.

import { computed } from "@preact/signals";
import { localZone } from "../zone.ts";
import { view } from "./page.ts";

export const zone = computed(() => (view.value.utc ? "UTC" : localZone()));
