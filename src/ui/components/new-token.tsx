// The form that makes a token, and the token itself, which is shown only then.

import { useSignal } from "@preact/signals";
import { SCOPES, type Scope } from "../../core/caller.ts";
import * as LIMITS from "../../core/limits.ts";
import { create, created } from "../models/tokens.ts";
import { ShownOnce } from "./shown-once.tsx";
import { MAY } from "./tokens-words.ts";

const EXPIRES = { "": "Never", "+30d": "In 30 days", "+90d": "In 90 days", "+365d": "In a year" };

export function NewToken() {
  const name = useSignal("");
  const scope = useSignal<Scope>("write");
  const prefix = useSignal("");
  const expiresAt = useSignal("");
  const issue = useSignal<string | undefined>(undefined);
  const submit = async (): Promise<void> => {
    issue.value = await create({
      name: name.value,
      scope: scope.value,
      prefix: scope.value === "admin" ? "" : prefix.value,
      expiresAt: expiresAt.value,
    });
    if (issue.value === undefined) name.value = "";
  };
  return (
    <form
      class="new-token"
      aria-label="New token"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label>
        Name
        <input
          required
          maxLength={LIMITS.tokenNameLength}
          placeholder="collectd on web-1"
          value={name.value}
          onInput={({ currentTarget }) => (name.value = currentTarget.value)}
        />
      </label>
      <label>
        It may
        <select
          value={scope.value}
          onChange={({ currentTarget: { value } }) =>
            (scope.value = SCOPES.find((one) => one === value) ?? "write")
          }
        >
          {(["write", "read", "admin"] as const).map((one) => (
            <option key={one} value={one}>
              {MAY[one]}
            </option>
          ))}
        </select>
      </label>
      {scope.value !== "admin" && (
        <label>
          Only metrics that begin with
          <input
            placeholder="all"
            value={prefix.value}
            onInput={({ currentTarget }) => (prefix.value = currentTarget.value)}
          />
        </label>
      )}
      <label>
        It expires
        <select
          value={expiresAt.value}
          onChange={({ currentTarget }) => (expiresAt.value = currentTarget.value)}
        >
          {Object.entries(EXPIRES).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button primary">
        Create token
      </button>
      {issue.value !== undefined && <p role="alert">{issue.value}</p>}
    </form>
  );
}

export function Created() {
  const { value: made } = created;
  return (
    made !== undefined && (
      <ShownOnce secret={made.token} onDone={() => (created.value = undefined)}>
        The token <b>{made.name}</b>. Copy it now: it is not shown again.
      </ShownOnce>
    )
  );
}
