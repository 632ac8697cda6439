// A button for what cannot be taken back: it asks once more. Says why it was not done.

import { useSignal } from "@preact/signals";

interface SureProps {
  /** What the button says. */
  readonly verb: string;
  /** To what it is done. */
  readonly name: string;
  /** What comes of it, in a sentence. */
  readonly means: string;
  /** Answers why it was not done; undefined when it was. */
  readonly act: () => Promise<string | undefined>;
}

/** Told when a button is put into the page, and not when it is drawn anew: it is the same function. */
const focused = (button: HTMLButtonElement | null): void => button?.focus();

/** The focus went with the button that had it; who is elsewhere by now is left there. */
const regained = (button: HTMLButtonElement | null): void => {
  if (document.activeElement === document.body) button?.focus();
};

export function Sure({ verb, name, means, act }: SureProps) {
  /** Undefined: not yet. */
  const asked = useSignal<boolean | undefined>(undefined);
  const issue = useSignal<string | undefined>(undefined);
  const end = async (): Promise<void> => {
    issue.value = await act();
    asked.value = false;
  };
  if (!asked.value)
    return (
      <>
        <button
          type="button"
          class="link"
          aria-label={`${verb} ${name}`}
          ref={asked.value === undefined ? null : regained}
          onClick={() => (asked.value = true)}
        >
          {verb}
        </button>
        {issue.value !== undefined && <p role="alert">{issue.value}</p>}
      </>
    );
  return (
    <span class="sure" role="group" aria-label={`${verb} ${name}?`}>
      {means}{" "}
      <button type="button" class="button" ref={focused} onClick={() => void end()}>
        {verb}
      </button>{" "}
      <button type="button" class="link" onClick={() => (asked.value = false)}>
        Keep
      </button>
    </span>
  );
}
