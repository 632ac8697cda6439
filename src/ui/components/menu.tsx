// A button that opens a small box below it: closed by Escape, by a click elsewhere, and by a choice.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

export interface MenuProps {
  /** What the button is called. */
  readonly name: string;
  /** What stands on it. */
  readonly label: ComponentChildren;
  readonly class?: string;
  /** Somebody is about to open it. */
  readonly onNear?: () => void;
  /** `close` ends it after a choice. */
  readonly children: (close: () => void) => ComponentChildren;
}

export function Menu({ name, label, class: kind = "button", onNear, children }: MenuProps) {
  /** It was opened once: what is in it may be code that is not loaded yet. */
  const wanted = useSignal(false);
  const box = useRef<HTMLDetailsElement>(null);
  const close = (): void => {
    const { current } = box;
    if (current === null || !current.open) return;
    const within = current.contains(document.activeElement);
    current.open = false;
    if (within) current.querySelector("summary")?.focus();
  };
  useEffect(() => {
    const elsewhere = ({ target }: Event): void => {
      if (target instanceof Node && !box.current?.contains(target)) close();
    };
    addEventListener("pointerdown", elsewhere);
    addEventListener("focusin", elsewhere);
    return () => {
      removeEventListener("pointerdown", elsewhere);
      removeEventListener("focusin", elsewhere);
    };
  }, []);
  return (
    <details
      class="menu"
      ref={box}
      onToggle={({ currentTarget }) => {
        if (!currentTarget.open || wanted.value) return;
        wanted.value = true;
        const element = currentTarget.querySelector<HTMLElement>(":scope > .menu-box");
        void import("./in-window.ts").then(({ keepInWindow }) => element && keepInWindow(element));
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !event.currentTarget.open) return;
        event.stopPropagation();
        close();
      }}
    >
      <summary class={kind} aria-label={name} title={name} onPointerEnter={onNear} onFocus={onNear}>
        {label}
      </summary>
      <div class="menu-box">{wanted.value && children(close)}</div>
    </details>
  );
}
