// How a panel shows its series: its kind, its scale, and the ends of its axis.

import { useSignal } from "@preact/signals";
import { summaryOf } from "../models/metrics.ts";
import { setPanel, splitBy } from "../models/page.ts";
import { type Kind, type Panel, type ScaleName, type Stat, STATS, without } from "../url.ts";
import { Choices } from "./choices.tsx";
import type { CutProps } from "./panel-props.ts";

const KINDS: readonly (readonly [kind: Kind | undefined, title: string])[] = [
  [undefined, "Lines"],
  ["stacked", "Stacked"],
  ["heatmap", "Heatmap"],
  ["number", "Number"],
];
const SCALES: readonly (readonly [scale: ScaleName | undefined, title: string])[] = [
  [undefined, "Linear"],
  ["log", "Log"],
  ["clip", "Clip"],
];

/** Stacks and rows are of several series. */
function shownAs(panel: Panel, kind: Kind | undefined): Panel {
  const rest = without(panel, "kind", "y", "figure");
  if (kind === undefined) return rest;
  const needsSplit =
    kind !== "number" &&
    panel.by === undefined &&
    panel.over === undefined &&
    (summaryOf(panel.metric)?.series ?? 1) > 1;
  return { ...(needsSplit ? splitBy(without(rest, "across"), "*") : rest), kind };
}

/** Those of a scale that mean nothing. */
const isOff = ({ kind }: Panel, scale: ScaleName | undefined): boolean =>
  kind === "number" || (kind === "stacked" && scale === "log");

export function Display({ index, panel, close }: CutProps & { readonly close: () => void }) {
  return (
    <div class="display">
      <div class="view-row">
        <span class="quiet">Show as</span>
        <Choices
          label="Show as"
          of={KINDS}
          chosen={panel.kind}
          onChoose={(kind) => setPanel(index, (now) => ({ ...shownAs(now, kind), table: false }))}
        />
      </div>
      <div class="view-row">
        <span class="quiet">Scale</span>
        <Choices
          label="Scale"
          of={SCALES}
          chosen={panel.scale}
          isOff={(scale) => isOff(panel, scale)}
          onChoose={(scale) =>
            setPanel(index, (now) => {
              const rest = without(now, "scale");
              return scale === undefined ? rest : { ...rest, scale };
            })
          }
        />
      </div>
      {panel.kind === "number" ? (
        <Figures index={index} panel={panel} />
      ) : (
        panel.kind !== "heatmap" && <Ends index={index} panel={panel} close={close} />
      )}
    </div>
  );
}

/** Which number of the range. */
const Figures = ({ index, panel }: CutProps) => (
  <div class="view-row">
    <span class="quiet">Number</span>
    <select
      aria-label="Number"
      value={panel.figure ?? "last"}
      onChange={({ currentTarget: { value } }) =>
        setPanel(index, (now) => {
          const figure: Stat | undefined = STATS.find((one) => one === value);
          const rest = without(now, "figure");
          return figure === undefined || figure === "last" ? rest : { ...rest, figure };
        })
      }
    >
      {["last", ...STATS.filter((one) => one !== "last")].map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  </div>
);

const numberIn = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text));

/** The ends of the axis; without both, what fits. */
function Ends({ index, panel, close }: CutProps & { readonly close: () => void }) {
  const [from, to] = [useSignal(String(panel.y?.[0] ?? "")), useSignal(String(panel.y?.[1] ?? ""))];
  const issue = useSignal("");
  const field = (name: string, typed: typeof from) => (
    <input
      type="number"
      step="any"
      aria-label={`Axis ${name}`}
      placeholder={name}
      value={typed}
      onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
    />
  );
  return (
    <form
      class="view-row"
      onSubmit={(event) => {
        event.preventDefault();
        const y = [numberIn(from.value), numberIn(to.value)] as const;
        issue.value = y[0] >= y[1] ? "The axis must begin below its end." : "";
        if (issue.value !== "") return;
        close();
        setPanel(index, (now) => (y[0] < y[1] ? { ...now, y } : without(now, "y")));
      }}
    >
      <span class="quiet">Axis</span>
      {field("from", from)}
      {field("to", to)}
      <button type="submit" class="button">
        Set
      </button>
      {issue.value !== "" && <p role="alert">{issue.value}</p>}
    </form>
  );
}
