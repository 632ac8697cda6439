// Choices beside each other, of which one is taken.

interface ChoicesProps<T> {
  /** What is chosen, for who does not see it. */
  readonly label: string;
  readonly of: readonly (readonly [value: T, title: string])[];
  readonly chosen: T;
  readonly onChoose: (value: T) => void;
  /** Those that mean nothing now. */
  readonly isOff?: (value: T) => boolean;
}

export const Choices = <T,>({ label, of, chosen, onChoose, isOff }: ChoicesProps<T>) => (
  <div class="segments" role="group" aria-label={label}>
    {of.map(([value, title]) => (
      <button
        key={title}
        type="button"
        class="segment"
        aria-pressed={value === chosen}
        disabled={isOff?.(value)}
        onClick={() => onChoose(value)}
      >
        {title}
      </button>
    ))}
  </div>
);
