// Whether this browser says that it has no network.

import { signal } from "@preact/signals";

export const isOffline = signal(!navigator.onLine);

export const startOffline = (): void => {
  for (const name of ["online", "offline"] as const)
    addEventListener(name, () => (isOffline.value = !navigator.onLine));
};
