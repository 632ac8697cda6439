// What stands in the place of a chart that cannot be drawn: always a reason, and a way on.

export interface NoAnswerProps {
  readonly title: string;
  readonly message: string;
  /** What the button says. */
  readonly action?: string;
  readonly onRetry: () => void;
  /** Other metrics that may be meant. */
  readonly nearest?: readonly string[];
  readonly onChoose?: (metric: string) => void;
}

export const NoAnswer = (props: NoAnswerProps) => {
  const { title, message, action = "Retry", onRetry, nearest = [], onChoose } = props;
  return (
    <div class="chart state" role="alert">
      <h3>{title}</h3>
      <p>{message}</p>
      <div class="ways">
        {nearest.map((metric, i) => (
          <button
            key={metric}
            type="button"
            class={i === 0 ? "button primary" : "button"}
            onClick={() => onChoose?.(metric)}
          >
            {metric}
          </button>
        ))}
        <button
          type="button"
          class={nearest.length === 0 ? "button primary" : "button"}
          onClick={onRetry}
        >
          {action}
        </button>
      </div>
    </div>
  );
};
