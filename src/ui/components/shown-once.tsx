// A secret that was just made: it is shown only now, to be copied.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

interface ShownOnceProps {
  readonly secret: string;
  /** What it is, and that it is not shown again. */
  readonly children: ComponentChildren;
  readonly onDone: () => void;
}

export function ShownOnce({ secret, children, onDone }: ShownOnceProps) {
  const copied = useSignal<string | undefined>(undefined);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(secret);
    copied.value = secret;
  };
  return (
    <section class="store-card created" role="status">
      <p>{children}</p>
      <div class="code">
        <pre tabIndex={0}>
          <code>{secret}</code>
        </pre>
        <button type="button" class="button" onClick={() => void copy()}>
          {copied.value === secret ? "Copied" : "Copy"}
        </button>
      </div>
      <button type="button" class="link" onClick={onDone}>
        Put it away
      </button>
    </section>
  );
}
