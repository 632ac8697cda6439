// The form in which a rule of alerts is written.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { MISSING, OPERATORS, SHAPES } from "../../core/alerts/rule.ts";
import * as LIMITS from "../../core/limits.ts";
import { DAY, HOUR, MINUTE } from "../../core/tiers.ts";
import { close, draft, save } from "../models/alerts.ts";
import { suggest, suggested, unknown } from "../models/metric-names.ts";
import { type Draft, RULE_STATS } from "../models/rule-draft.ts";
import { MISSING_WORDS, SHAPE_WORDS, spanWords, STAT_WORDS } from "./rule-words.ts";

const WINDOWS = [1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE);
const LONG = [HOUR, 6 * HOUR, DAY];

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}

const Field = ({ label, hint, wide, children }: FieldProps) => (
  <label class={wide ? "wide" : undefined}>
    <span>
      {label}
      {hint !== undefined && <small> {hint}</small>}
    </span>
    {children}
  </label>
);

interface ChoiceProps<T extends string | number> {
  readonly label: string;
  readonly value: T;
  readonly all: readonly T[];
  readonly words: (one: T) => string;
  readonly onChoose: (one: T) => void;
}

const Choice = <T extends string | number>(props: ChoiceProps<T>) => (
  <Field label={props.label}>
    <select
      value={props.value}
      onChange={({ currentTarget: { value } }) => {
        const chosen = props.all.find((one) => String(one) === value);
        if (chosen !== undefined) props.onChoose(chosen);
      }}
    >
      {props.all.map((one) => (
        <option key={one} value={one}>
          {props.words(one)}
        </option>
      ))}
    </select>
  </Field>
);

/** Spans to choose of, with the one that a rule has though it is none of them. */
const spans = (own: number, ...all: readonly number[]): readonly number[] =>
  [...new Set([...all, own])].toSorted((a, b) => a - b);

/** The webhook of the rule that is changed: its origin; null: it has none. */
export function RuleForm({ told }: { readonly told: string | null }) {
  const first = draft.peek();
  const wish = useSignal(first);
  const issue = useSignal<string | undefined>(undefined);
  const saving = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const field = form.current?.querySelector<HTMLElement>(
      first?.metric ? "[name=threshold]" : "[name=metric]",
    );
    field?.focus();
    suggest(first?.metric ?? "");
  }, []);
  const { value: now } = wish;
  if (now === undefined) return null;
  const set = (change: Partial<Draft>): void => void (wish.value = { ...now, ...change });
  const submit = async (): Promise<void> => {
    saving.value = true;
    issue.value = await save({ ...now, name: now.name.trim() || now.metric });
    saving.value = false;
  };
  return (
    <form
      class="store-card rule-form"
      aria-label={now.id === undefined ? "New rule" : `Change ${now.name}`}
      ref={form}
      onKeyDown={({ key }) => {
        if (key === "Escape") close();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h2>{now.id === undefined ? "New rule" : "Change the rule"}</h2>
      <Names />
      <Field label="Metric">
        <input
          required
          name="metric"
          list="metric-names"
          autocomplete="off"
          spellcheck={false}
          placeholder="cpu.load"
          value={now.metric}
          onInput={({ currentTarget: { value } }) => {
            set({ metric: value });
            suggest(value);
          }}
        />
      </Field>
      <NoSuchMetric
        name={now.metric}
        onChoose={(metric) => {
          set({ metric });
          suggest(metric);
          // What was chosen goes with the others.
          form.current?.querySelector<HTMLElement>("[name=metric]")?.focus();
        }}
      />
      <Field label="Name">
        <input
          maxLength={LIMITS.ruleNameLength}
          placeholder={now.metric || "CPU is busy"}
          value={now.name}
          onInput={({ currentTarget: { value } }) => set({ name: value })}
        />
      </Field>
      <Choice
        label="Its"
        value={now.stat}
        all={RULE_STATS}
        words={(one) => STAT_WORDS[one]}
        onChoose={(stat) => set({ stat })}
      />
      <Choice
        label="Over the last"
        value={now.window}
        all={spans(now.window, ...WINDOWS, ...LONG)}
        words={spanWords}
        onChoose={(window) => set({ window })}
      />
      <Choice
        label="Is"
        value={now.op}
        all={OPERATORS}
        words={(one) => one}
        onChoose={(op) => set({ op })}
      />
      <Field label="Threshold" hint="as values are stored">
        <input
          required
          name="threshold"
          type="number"
          step="any"
          placeholder="0.9"
          value={now.threshold}
          onInput={({ currentTarget: { value } }) => set({ threshold: value })}
        />
      </Field>
      <Choice
        label="For"
        value={now.for}
        all={spans(now.for, 0, ...WINDOWS, ...LONG)}
        words={(one) => (one === 0 ? "at once" : spanWords(one))}
        onChoose={(lasting) => set({ for: lasting })}
      />
      <Field label="An alert for each" hint="labels">
        <input
          placeholder="all as one; *: each series"
          value={now.by}
          onInput={({ currentTarget: { value } }) => set({ by: value })}
        />
      </Field>
      <Field wide label="Filters" hint="one a line">
        <textarea
          rows={Math.max(1, now.where.split("\n").length)}
          spellcheck={false}
          placeholder="env=prod"
          value={now.where}
          onInput={({ currentTarget: { value } }) => set({ where: value })}
        />
      </Field>
      <Tells now={now} told={told} set={set} />
      <details>
        <summary>More</summary>
        <div>
          <Choice
            label="Over when it has not held for"
            value={now.resolveAfter}
            all={spans(now.resolveAfter, 0, ...WINDOWS, ...LONG)}
            words={(one) => (one === 0 ? "at once" : spanWords(one))}
            onChoose={(resolveAfter) => set({ resolveAfter })}
          />
          <Choice
            label="Without points"
            value={now.missing}
            all={MISSING}
            words={(one) => MISSING_WORDS[one]}
            onChoose={(missing) => set({ missing })}
          />
        </div>
      </details>
      <p class="acts">
        <button type="submit" class="button primary" disabled={saving.value}>
          {now.id === undefined ? "Create rule" : "Save"}
        </button>{" "}
        <button type="button" class="button" onClick={close}>
          Cancel
        </button>
      </p>
      {issue.value !== undefined && <p role="alert">{issue.value}</p>}
    </form>
  );
}

interface TellsProps {
  readonly now: Draft;
  readonly told: string | null;
  readonly set: (change: Partial<Draft>) => void;
}

const Tells = ({ now, told, set }: TellsProps) => (
  <>
    <Field
      wide
      label="Webhook"
      hint={
        told === null ? "POSTed when it fires and when it is over" : `empty: as before, at ${told}`
      }
    >
      <input
        type="url"
        maxLength={LIMITS.webhookLength}
        placeholder={told === null ? "https://… Empty: nobody is told" : `${told}/…`}
        disabled={now.tellsNobody}
        value={now.webhook}
        onInput={({ currentTarget: { value } }) => set({ webhook: value })}
      />
    </Field>
    <Choice
      label="Written as"
      value={now.shape}
      all={SHAPES}
      words={(one) => SHAPE_WORDS[one]}
      onChoose={(shape) => set({ shape })}
    />
    {told !== null && (
      <label class="check">
        <input
          type="checkbox"
          checked={now.tellsNobody}
          onChange={({ currentTarget: { checked } }) => set({ tellsNobody: checked })}
        />
        Tell nobody any more
      </label>
    )}
  </>
);

/** A rule may wait for a metric that is still to come: so it is said, not refused. */
const NoSuchMetric = ({
  name,
  onChoose,
}: {
  readonly name: string;
  readonly onChoose: (metric: string) => void;
}) => (
  <p class="wide unknown" role="status">
    {unknown.value?.name === name.trim() && name.trim() !== "" && (
      <>
        No metric is called “{name.trim()}” yet: the rule has no points to look at until one is.{" "}
        {unknown.value.nearest.map((metric) => (
          <button key={metric} type="button" class="link" onClick={() => onChoose(metric)}>
            {metric}
          </button>
        ))}
      </>
    )}
  </p>
);

const Names = () => (
  <datalist id="metric-names">
    {suggested.value.map((name) => (
      <option key={name} value={name} />
    ))}
  </datalist>
);
