// The rules of alerts, the worst first: how each stands, since when, what it finds, and what can be done.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { searchOf } from "../../core/alerts/notice.ts";
import type { AlertAnswer, RuleAnswer } from "../../core/api-alerts.ts";
import { counted } from "../../core/text.ts";
import { formatAge, seriesName } from "../format.ts";
import { formatMoment } from "../moments.ts";
import { draft, remove, sendTest, silence } from "../models/alerts.ts";
import { draftOfRule } from "../models/rule-draft.ts";
import { localZone } from "../zone.ts";
import { Menu } from "./menu.tsx";
import { conditionOf, STANDS, standOf, valueWords, worstFirst } from "./rule-words.ts";
import { Sure } from "./sure.tsx";

const ago = (at: number): string => formatAge(Math.max(0, Date.now() - at));
const moment = (at: number): string => formatMoment(at, localZone(), Date.now());

/** Alerts that are listed of a rule. */
const LISTED = 10;

/** What is worst of what it finds, in words. */
function foundWords(rule: RuleAnswer): string {
  const [worst] = rule.measured?.values ?? [];
  if (rule.measured === null) return "–";
  if (worst === undefined) return "no points";
  return valueWords(rule, worst.value);
}

const Alert = ({ rule, alert }: { readonly rule: RuleAnswer; readonly alert: AlertAnswer }) => (
  <li data-stand={alert.state}>
    <span aria-hidden="true">{STANDS[alert.state].sign}</span>{" "}
    <b>{Object.keys(alert.labels).length === 0 ? rule.metric : seriesName(alert.labels)}</b>{" "}
    {valueWords(rule, alert.value)}
    <span class="quiet">
      {" "}
      · {alert.state} since {moment(alert.firedAt ?? alert.since)}
    </span>
  </li>
);

function Silence({ rule, said }: { readonly rule: RuleAnswer; readonly said: Said }) {
  const until = useRef<HTMLInputElement>(null);
  const act = (time: string | undefined, close: () => void, words: string): void => {
    close();
    void said(silence(rule.id, time), words);
  };
  const isSilenced = rule.silencedUntil > Date.now();
  if (isSilenced)
    return (
      <button
        type="button"
        class="link"
        aria-label={`End the silence of ${rule.name}`}
        onClick={() => void said(silence(rule.id, undefined), "It tells again")}
      >
        End the silence
      </button>
    );
  return (
    <Menu name={`Silence ${rule.name}`} label="Silence" class="link">
      {(close) => (
        <>
          <div class="items">
            <button type="button" onClick={() => act("+1h", close, "It tells nobody for an hour")}>
              For an hour
            </button>
            <button type="button" onClick={() => act("+1d", close, "It tells nobody for a day")}>
              For a day
            </button>
          </div>
          <form
            class="divide"
            onSubmit={(event) => {
              event.preventDefault();
              const at = new Date(until.current?.value ?? "");
              if (Number.isNaN(at.getTime())) return;
              act(at.toISOString(), close, "It tells nobody until then");
            }}
          >
            <label>
              Until
              <input type="datetime-local" required ref={until} />
            </label>
            <button type="submit" class="button">
              Silence
            </button>
          </form>
        </>
      )}
    </Menu>
  );
}

/** Waits for what was asked, and says what came of it. */
type Said = (done: Promise<string | undefined>, words: string) => Promise<void>;

function Acts({ rule }: { readonly rule: RuleAnswer }) {
  const told = useSignal("");
  const failed = useSignal(false);
  const said: Said = async (done, words) => {
    const issue = await done;
    failed.value = issue !== undefined;
    told.value = issue ?? words;
  };
  return (
    <div class="rule-acts">
      <button
        type="button"
        class="link"
        aria-label={`Change ${rule.name}`}
        onClick={() => (draft.value = draftOfRule(rule))}
      >
        Change
      </button>
      <Silence rule={rule} said={said} />
      {rule.webhook !== null && (
        <button
          type="button"
          class="link"
          aria-label={`Send a test of ${rule.name}`}
          onClick={() => void said(sendTest(rule.id), "The test was taken")}
        >
          Send a test
        </button>
      )}
      <Sure
        verb="Delete"
        name={rule.name}
        means="Its receiver is not told."
        act={() => remove(rule.id)}
      />
      <span class={failed.value ? "store-bad" : "quiet"} role="status">
        {told}
      </span>
    </div>
  );
}

function Rule({ rule, mayChange }: { readonly rule: RuleAnswer; readonly mayChange: boolean }) {
  const stand = standOf(rule);
  const { word, sign } = STANDS[stand];
  const groups = rule.measured?.groups ?? 0;
  const isSilenced = rule.silencedUntil > Date.now();
  const more = rule.alerts.length - LISTED;
  return (
    <li class="rule" data-stand={stand} aria-label={rule.name}>
      <p class="rule-state">
        <span aria-hidden="true">{sign}</span> {word}{" "}
        <small class="quiet">{stand === "silent" ? "" : `for ${ago(rule.since)}`}</small>
      </p>
      <div class="rule-what">
        <h2>
          <a href={`/?${searchOf(rule)}`}>{rule.name}</a>
          {isSilenced && (
            <span class="rule-silence">Silenced until {moment(rule.silencedUntil)}</span>
          )}
        </h2>
        <p class="quiet">{conditionOf(rule)}</p>
        {mayChange && (
          <p class="quiet">{rule.webhook === null ? "Tells nobody" : `Tells ${rule.webhook}`}</p>
        )}
        {rule.problem !== null && <p class="store-bad">{rule.problem}</p>}
      </div>
      <p class="rule-value">
        {foundWords(rule)}
        {groups > 1 && <small class="quiet">the worst of {groups}</small>}
      </p>
      {rule.alerts.length > 0 && (
        <ul class="rule-alerts">
          {rule.alerts.slice(0, LISTED).map((alert) => (
            <Alert key={JSON.stringify(alert.labels)} rule={rule} alert={alert} />
          ))}
          {more > 0 && <li class="quiet">and {counted(more, "other")}</li>}
        </ul>
      )}
      {mayChange && <Acts rule={rule} />}
    </li>
  );
}

interface RuleListProps {
  readonly rules: readonly RuleAnswer[];
  readonly mayChange: boolean;
}

export const RuleList = ({ rules, mayChange }: RuleListProps) => (
  <ul class="store-card rules" aria-label="Rules">
    {worstFirst(rules).map((rule) => (
      <Rule key={rule.id} rule={rule} mayChange={mayChange} />
    ))}
  </ul>
);
