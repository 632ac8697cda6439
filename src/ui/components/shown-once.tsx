// A secret that was just made: it is shown only now, to be copied.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { copied, NOT_COPIED } from "../clipboard.ts";

interface ShownOnceProps {
  readonly secret: string;
  /** What it is, and that it is not shown again. */
  readonly children: ComponentChildren;
  readonly onDone: () => void;
}

export function ShownOnce({ secret, children, onDone }: ShownOnceProps) {
  /** The secret that the button was pressed for, and what it says since. */
  const said = useSignal<{ readonly of: string; readonly text: string } | undefined>(undefined);
  const copy = async (): Promise<void> => {
    said.value = { of: secret, text: (await copied(secret)) ? "Copied" : NOT_COPIED };
  };
  return (
    <section class="store-card created" role="status">
      <p>{children}</p>
      <div class="code">
        <pre tabIndex={0}>
          <code>{secret}</code>
        </pre>
        <button type="button" class="button" onClick={() => void copy()}>
          {said.value?.of === secret ? said.value.text : "Copy"}
        </button>
      </div>
      <button type="button" class="link" onClick={onDone}>
        Put it away
      </button>
    </section>
  );
}
