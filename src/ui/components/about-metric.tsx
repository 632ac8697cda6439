// What a metric is, on a sheet of its own: type, unit and help, which can be set; its labels; and its end.
// Loaded when it is opened.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { MetricAnswer } from "../../core/api.ts";
import { METRIC_TYPES } from "../../core/metric-type.ts";
import { counted } from "../../core/text.ts";
import { ask, messageOf } from "../api.ts";
import { formatCount } from "../format.ts";
import { detailOf } from "../models/details.ts";
import { lookAnew } from "../models/metrics.ts";
import { go, view } from "../models/page.ts";
import { sheet } from "../models/sheet.ts";

const addressOf = (name: string): string => `/api/v1/metric?name=${encodeURIComponent(name)}`;

const FACTS = ["type", "unit", "help"] as const;
type Fact = (typeof FACTS)[number];

function SetFacts({ known }: { readonly known: MetricAnswer }) {
  const said = useSignal("");
  /** What stands in fields that somebody wrote in; the others say what is known, whenever that is read. */
  const written = useSignal<Readonly<Record<string, string>>>({});
  /** What of it is saved: the next answer knows it. */
  const saved = useRef(written.peek());
  const { name, set } = known;
  useEffect(() => {
    const left = Object.entries(written.peek()).filter(
      ([fact, text]) => saved.current[fact] !== text,
    );
    saved.current = {};
    written.value = Object.fromEntries(left);
  }, [known]);
  const textOf = (fact: Fact): string => written.value[fact] ?? known[fact] ?? "";
  const write = (fact: Fact, text: string): void => {
    said.value = "";
    written.value = { ...written.value, [fact]: text };
  };
  const save = async (): Promise<void> => {
    const now = written.peek();
    const body: Record<string, string | null> = {};
    for (const fact of FACTS) {
      const text = textOf(fact).trim();
      // What stays as it is is not set: what senders say of it goes on to count.
      if (text !== (known[fact] ?? "")) body[fact] = text === "" ? null : text;
    }
    said.value = "Saving…";
    try {
      await ask(addressOf(name), { method: "PUT", body });
      saved.current = now;
      said.value = "Saved: it counts more than what senders say.";
      lookAnew();
    } catch (error) {
      said.value = `Not saved: ${messageOf(error)}`;
    }
  };
  return (
    <form
      class="about-facts"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label>
        Type
        <select
          name="type"
          value={textOf("type")}
          onChange={({ currentTarget }) => write("type", currentTarget.value)}
        >
          <option value="">not said</option>
          {METRIC_TYPES.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <label>
        Unit
        <input
          name="unit"
          value={textOf("unit")}
          placeholder="By, s, %, requests …"
          onInput={({ currentTarget }) => write("unit", currentTarget.value)}
        />
      </label>
      <label>
        What it is
        <textarea
          name="help"
          rows={2}
          value={textOf("help")}
          onInput={({ currentTarget }) => write("help", currentTarget.value)}
        />
      </label>
      <p class="quiet">
        {set === undefined
          ? "Nothing is set by hand: it is as its senders, or its name, say."
          : `Set by hand: ${Object.keys(set).join(", ")}. Empty a field to go back to what senders say.`}
      </p>
      <button type="submit" class="button">
        Save
      </button>{" "}
      <span role="status">{said}</span>
    </form>
  );
}

const Labels = ({ known }: { readonly known: MetricAnswer }) => (
  <section>
    <h3>{counted(known.series, "series").replace(/seriess$/, "series")}</h3>
    {known.labels.map(({ name, values, distinct }) => (
      <details key={name}>
        <summary>
          {name} · {formatCount(distinct)} {distinct === 1 ? "value" : "values"}
        </summary>
        <dl>
          {values.map(({ value, series }) => (
            <div key={value}>
              <dt>{value}</dt>
              <dd>{formatCount(series)} series</dd>
            </div>
          ))}
        </dl>
        {distinct > values.length && (
          <p class="quiet">The {values.length} with the most series are listed.</p>
        )}
      </details>
    ))}
  </section>
);

function Delete({ name, close }: { readonly name: string; readonly close: () => void }) {
  const typed = useSignal("");
  const issue = useSignal<string | undefined>(undefined);
  const remove = async (): Promise<void> => {
    try {
      await ask(addressOf(name), { method: "DELETE" });
      close();
      go({ panels: view.peek().panels.filter(({ metric }) => metric !== name) });
      lookAnew();
    } catch (error) {
      issue.value = messageOf(error);
    }
  };
  return (
    <form
      class="about-facts"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.value === name) void remove();
      }}
    >
      <label>
        To delete it with all its points, for ever, type its name
        <input
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
        />
      </label>
      <button type="submit" class="button" disabled={typed.value !== name}>
        Delete {name}
      </button>
      {issue.value !== undefined && <p role="alert">{issue}</p>}
    </form>
  );
}

export function AboutMetric({ name }: { readonly name: string }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => box.current?.showModal(), []);
  const close = (): void => {
    sheet.value = undefined;
  };
  const detail = detailOf(name);
  /** It stays while it is read anew, or cannot be: forms are in it. */
  const known = useRef<MetricAnswer | undefined>(undefined);
  if (detail.kind === "ready") known.current = detail.answer;
  const { current: last } = known;
  return (
    <dialog ref={box} class="card sheet" aria-labelledby="about" onClose={close}>
      <h2 id="about">{name}</h2>
      {detail.kind === "loading" && last === undefined && <p role="status">Loading…</p>}
      {detail.kind === "failed" && <p role="alert">{detail.message}</p>}
      {last !== undefined && (
        <>
          <SetFacts known={last} />
          <Labels known={last} />
          <Delete name={name} close={close} />
        </>
      )}
      <button type="button" class="button primary" onClick={close}>
        Close
      </button>
    </dialog>
  );
}
