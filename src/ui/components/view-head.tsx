// Above the panels of a saved view: its name and note. Loaded when a page is opened as one.

import { useEffect } from "preact/hooks";
import { page, panelCount, view } from "../models/page.ts";
import { isChanged, leave, load, settle, views } from "../models/views.ts";
import { focusAfter } from "./focus-after.ts";

export function ViewHead({ id }: { readonly id: string }) {
  const known = views.value;
  const one = known.kind === "ready" ? known.views.find((saved) => saved.id === id) : undefined;
  useEffect(() => void load(), [id]);
  useEffect(() => {
    // An address may name the view alone.
    if (one !== undefined && panelCount.peek() === 0) settle(one);
  }, [one?.search]);
  if (page.value !== "explore" || view.value.saved !== id || known.kind === "loading") return null;
  if (one !== undefined)
    return (
      <div class="view-head">
        <h2>
          {one.name}
          {panelCount.value > 0 && isChanged(one, view.value) && (
            <small class="quiet" title="What is shown is not what is saved">
              {" "}
              changed
            </small>
          )}
        </h2>
        {one.note !== "" && <p class="quiet">{one.note}</p>}
      </div>
    );
  return (
    <div class="view-head" role="alert">
      <p>
        {known.kind === "failed"
          ? `The view that this address names could not be asked for: ${known.message}.`
          : "The view that this address names is not there: it was deleted, or the address not copied whole."}
      </p>
      {known.kind === "failed" ? (
        <button type="button" class="button" onClick={() => void load()}>
          Ask again
        </button>
      ) : (
        <button type="button" class="button" onClick={() => focusAfter(leave)}>
          {panelCount.value === 0 ? "Open a metric" : "Keep these panels"}
        </button>
      )}
    </div>
  );
}
