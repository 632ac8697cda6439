// On a narrow screen the list of metrics is a drawer over the page: whether it is open.

import { computed, effect, signal } from "@preact/signals";

export const listOpen = signal(false);

/** As in styles/narrow.css. */
const narrow = matchMedia("(max-width: 800px)");
const isNarrow = signal(narrow.matches);

/** What lies below the drawer cannot be reached while it is open. */
export const covers = computed(() => listOpen.value && isNarrow.value);

export function startDrawer(): void {
  narrow.addEventListener("change", () => (isNarrow.value = narrow.matches));
  let opener: Element | null = null;
  effect(() => {
    if (covers.value) {
      opener = document.activeElement;
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>("aside input[type=search]")?.focus(),
      );
    } else {
      if (opener instanceof HTMLElement) opener.focus();
      opener = null;
    }
  });
}
