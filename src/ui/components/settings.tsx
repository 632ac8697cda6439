// What is not about one panel: zone, theme, the store and the API.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { signedIn } from "../models/access.ts";
import { addPanel, go, linkToStore, view } from "../models/page.ts";
import { sheet } from "../models/sheet.ts";
import { signOut } from "../models/sign-in.ts";
import { type Choice, choice, CHOICES } from "../models/theme.ts";
import { HOME, panelOfExpr } from "../url.ts";
import { localZone } from "../zone.ts";
import { Link } from "./link.tsx";

const Switch = (props: {
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  readonly children: ComponentChildren;
}) => (
  <label class="switch">
    <input
      type="checkbox"
      role="switch"
      checked={props.on}
      onChange={(event) => props.onChange(event.currentTarget.checked)}
    />
    {props.children}
  </label>
);

const THEMES: Readonly<Record<Choice, string>> = { system: "System", light: "Light", dark: "Dark" };

const Themes = () => (
  <fieldset class="choices">
    <legend>Theme</legend>
    <div class="segments">
      {CHOICES.map((one) => (
        <label key={one}>
          <input
            type="radio"
            name="theme"
            checked={choice.value === one}
            onChange={() => (choice.value = one)}
          />
          <span>{THEMES[one]}</span>
        </label>
      ))}
    </div>
  </fieldset>
);

const SignOut = () => {
  const failed = useSignal<string | undefined>(undefined);
  const end = async (): Promise<void> => {
    failed.value = await signOut();
  };
  return (
    <>
      <button type="button" class="link" onClick={() => void end()}>
        Sign out
      </button>
      {failed.value !== undefined && <p role="alert">{failed.value}</p>}
    </>
  );
};

interface SettingsProps {
  readonly close: () => void;
  /** On a page without charts: what is elsewhere is left for. */
  readonly apart?: boolean | undefined;
}

export function Settings({ close, apart }: SettingsProps) {
  const { utc } = view.value;
  const page = apart ? "apart" : view.value.page;
  return (
    <div class="settings">
      {page === "explore" && localZone() !== "UTC" && (
        <Switch on={utc} onChange={(on) => go({ utc: on })}>
          Times in UTC
        </Switch>
      )}
      <Themes />
      <hr />
      {page === "explore" && (
        <button
          type="button"
          class="link"
          onClick={() => {
            close();
            addPanel(panelOfExpr(""));
          }}
        >
          New chart of a PromQL expression
        </button>
      )}
      {(apart || page === "store") && <a href="/">Explore metrics</a>}
      {apart && <a href={linkToStore()}>Store: shards, rows, bill</a>}
      {!apart && page !== "store" && (
        <Link
          href={linkToStore()}
          onFollow={() => {
            close();
            go({ ...HOME, page: "store" });
          }}
        >
          Store: shards, rows, bill
        </Link>
      )}
      <a href="/docs">HTTP API</a>
      <a href="/alerts">Alerts</a>
      <a href="/tokens">Tokens</a>
      {page === "explore" && (
        <button
          type="button"
          class="link"
          onClick={() => {
            close();
            sheet.value = "keys";
          }}
        >
          Keys and gestures
        </button>
      )}
      {signedIn.value !== undefined && <SignOut />}
    </div>
  );
}
