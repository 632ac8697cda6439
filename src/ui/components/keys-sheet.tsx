// The keys of the page, on a sheet that "?" opens. Loaded then.

import { useEffect, useRef } from "preact/hooks";
import { sheet } from "../models/sheet.ts";

const KEYS: readonly (readonly [where: string, keys: readonly (readonly [string, string])[]])[] = [
  [
    "Anywhere",
    [
      ["/", "search metrics"],
      ["?", "this sheet"],
      ["Esc", "close what is open"],
    ],
  ],
  [
    "In the list",
    [
      ["↑ ↓", "from metric to metric"],
      ["Enter", "open"],
      ["Shift Enter", "add to the page"],
    ],
  ],
  [
    "On a chart",
    [
      ["← →", "from bucket to bucket"],
      ["Shift ← →", "move the range"],
      ["+ −", "zoom"],
      ["Esc", "back to the range before"],
      ["Drag", "zoom to a part"],
      ["Shift drag", "move the range"],
      ["Double-click", "back to the range before"],
      ["One finger, two", "move, zoom"],
    ],
  ],
];

export function KeysSheet() {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => box.current?.showModal(), []);
  const close = (): void => {
    sheet.value = undefined;
  };
  return (
    <dialog ref={box} class="card sheet" aria-labelledby="keys" onClose={close}>
      <h2 id="keys">Keys and gestures</h2>
      {KEYS.map(([where, keys]) => (
        <section key={where}>
          <h3>{where}</h3>
          <dl>
            {keys.map(([key, does]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <button type="button" class="button primary" onClick={close}>
        Close
      </button>
    </dialog>
  );
}
