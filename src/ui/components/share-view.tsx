// The links to a view: made, copied, revoked. The secret of one is shown when it is made, and never again.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { CreatedLink, SavedView, ViewLink } from "../../core/api-views.ts";
import { messageOf } from "../api.ts";
import { copied } from "../clipboard.ts";
import { formatMoment } from "../moments.ts";
import { now } from "../models/clock.ts";
import { linksOf, newLink, revoke } from "../models/views.ts";
import { zone } from "../models/zone.ts";

const Address = ({ title, value }: { readonly title: string; readonly value: string }) => {
  const said = useSignal("Copy");
  return (
    <div class="quiet">
      {title}
      <span class="view-row">
        <input
          readOnly
          aria-label={title}
          value={value}
          onFocus={({ currentTarget }) => currentTarget.select()}
        />
        <button
          type="button"
          class="button"
          aria-label={`Copy ${title}`}
          onClick={() => copied(value).then((is) => (said.value = is ? "Copied" : "Not allowed"))}
        >
          {said}
        </button>
      </span>
    </div>
  );
};

export function ShareView({ view }: { readonly view: SavedView }) {
  const links = useSignal<readonly ViewLink[] | undefined>(undefined);
  const made = useSignal<CreatedLink | undefined>(undefined);
  const issue = useSignal<string | undefined>(undefined);
  const does = async (act: () => Promise<unknown>): Promise<void> => {
    try {
      await act();
      issue.value = undefined;
      links.value = await linksOf(view.id);
    } catch (error) {
      issue.value = messageOf(error);
    }
  };
  useEffect(() => void does(async () => undefined), []);
  const { origin } = location;
  return (
    <div class="view-form">
      <p class="quiet">
        Who has a link sees this view, needs no token, and reads nothing else. A revoked one is
        refused within a minute.
      </p>
      {made.value !== undefined && (
        <>
          <Address title="Link" value={`${origin}/shared#${made.value.secret}`} />
          <Address
            title="For a frame"
            value={`<iframe src="${origin}/embed?legend=none#${made.value.secret}" width="600" height="360"></iframe>`}
          />
          <p class="quiet">It is shown only now: keep it.</p>
        </>
      )}
      <ul>
        {links.value?.map((link) => (
          <li key={link.id} class="view-row" data-link={link.id}>
            <span>Link of {formatMoment(link.createdAt, zone.value, now())}</span>
            <button
              type="button"
              class="link"
              onClick={() =>
                does(async () => {
                  await revoke(view.id, link.id);
                  if (made.peek()?.id === link.id) made.value = undefined;
                })
              }
            >
              Revoke
            </button>
          </li>
        ))}
      </ul>
      {issue.value !== undefined && <p role="alert">{issue.value}.</p>}
      <button
        type="button"
        class="button"
        onClick={() => does(async () => (made.value = await newLink(view.id)))}
      >
        Make a link
      </button>
    </div>
  );
}
