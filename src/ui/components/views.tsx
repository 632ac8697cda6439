// The menu of views: what is saved, saving what is shown, and what is true of all panels. Loaded when it
// is first opened.

import { useSignal } from "@preact/signals";
import type { SavedView } from "../../core/api-views.ts";
import { useEffect, useRef } from "preact/hooks";
import { view } from "../models/page.ts";
import {
  addressOf,
  bringBack,
  deleted,
  isChanged,
  load,
  open,
  overtaken,
  overwrite,
  remove,
  rename,
  saveChanges,
  saveNew,
  views,
} from "../models/views.ts";
import { Layout } from "./layout.tsx";
import { Link } from "./link.tsx";
import { ShareView } from "./share-view.tsx";

interface NameProps {
  readonly name: string;
  readonly note: string;
  readonly action: string;
  /** Returns why it is not done; undefined when it is. */
  readonly onSave: (name: string, note: string) => Promise<string | undefined>;
}

const NameAndNote = (props: NameProps) => {
  const name = useSignal(props.name);
  const note = useSignal(props.note);
  const issue = useSignal<string | undefined>(undefined);
  const busy = useSignal(false);
  const save = async (): Promise<void> => {
    if (busy.value || name.value.trim() === "") return;
    busy.value = true;
    issue.value = await props.onSave(name.value.trim(), note.value.trim());
    busy.value = false;
  };
  return (
    <form
      class="view-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <input
        aria-label="Name of the view"
        placeholder="Name"
        required
        maxLength={100}
        value={name}
        onInput={({ currentTarget }) => (name.value = currentTarget.value)}
      />
      <textarea
        aria-label="Note"
        placeholder="Note, if you like"
        rows={2}
        maxLength={4_000}
        value={note}
        onInput={({ currentTarget }) => (note.value = currentTarget.value)}
      />
      {issue.value !== undefined && <p role="alert">{issue.value}.</p>}
      <button type="submit" class="button primary" aria-busy={busy.value}>
        {props.action}
      </button>
    </form>
  );
};

type Opened = "edit" | "share";

interface RowProps {
  readonly one: SavedView;
  readonly close: () => void;
  readonly say: (issue: string | undefined) => void;
}

const Row = ({ one, close, say }: RowProps) => {
  const opened = useSignal<Opened | undefined>(undefined);
  const isHere = view.value.saved === one.id;
  const isOther = isHere && isChanged(one, view.value);
  const toggle = (what: Opened): void => {
    opened.value = opened.value === what ? undefined : what;
  };
  const button = (text: string, what: Opened) => (
    <button
      type="button"
      class="link"
      aria-expanded={opened.value === what}
      aria-label={`${text} ${one.name}`}
      onClick={() => toggle(what)}
    >
      {text}
    </button>
  );
  return (
    <li data-view={one.id}>
      <div class="view-row">
        <Link
          href={addressOf(one)}
          aria-current={isHere ? "page" : undefined}
          title={one.note}
          onFollow={() => {
            close();
            open(one);
          }}
        >
          {one.name}
        </Link>
        {isOther && (
          <button
            type="button"
            class="link"
            aria-label={`Save changes of ${one.name}`}
            onClick={async () => say(await saveChanges(one))}
          >
            Save changes
          </button>
        )}
        {button("Edit", "edit")}
        {button("Share", "share")}
        <button
          type="button"
          class="link"
          aria-label={`Delete ${one.name}`}
          onClick={async () => say(await remove(one))}
        >
          Delete
        </button>
      </div>
      {opened.value === "edit" && (
        <NameAndNote
          name={one.name}
          note={one.note}
          action="Save"
          onSave={async (name, note) => {
            const issue = await rename(one, name, note);
            if (issue === undefined) opened.value = undefined;
            return issue;
          }}
        />
      )}
      {opened.value === "share" && <ShareView view={one} />}
    </li>
  );
};

interface OvertakenProps {
  readonly say: (issue: string | undefined) => void;
}

/** Of the view on the page: whose changes stay is asked. */
const NotSaved = ({ say }: OvertakenProps) => {
  const { value: late } = overtaken;
  if (late === undefined || late.view.id !== view.value.saved) return null;
  const isGone = late.by === "deletion";
  return (
    <>
      <p role="alert">
        Your changes are not saved: somebody else has {isGone ? "deleted" : "changed"} “
        {late.view.name}” meanwhile. They can also be saved as a view of their own.
      </p>
      <button type="button" class="button" onClick={async () => say(await overwrite(late))}>
        {isGone ? "Save it again" : "Overwrite it"}
      </button>
    </>
  );
};

export function Views({ close }: { readonly close: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  const issue = useSignal<string | undefined>(undefined);
  const adding = useSignal(false);
  const say = (text: string | undefined): void => {
    issue.value = text;
  };
  useEffect(() => {
    // Others save views too: the list is read each time that the menu opens.
    const menu = box.current?.closest("details");
    const look = (): void => {
      if (menu?.open === true) void load();
    };
    look();
    menu?.addEventListener("toggle", look);
    return () => menu?.removeEventListener("toggle", look);
  }, []);
  const known = views.value;
  const gone = deleted.value;
  return (
    <div class="views" ref={box}>
      <h2>Saved views</h2>
      {known.kind === "failed" && <p role="alert">{known.message}.</p>}
      {known.kind === "ready" && known.failed !== undefined && (
        <p role="alert">{known.failed}: the list is an older one.</p>
      )}
      {known.kind === "ready" && known.views.length === 0 && (
        <p class="quiet">
          None yet. A view keeps panels, range and filters for all who use the store.
        </p>
      )}
      {known.kind === "ready" && (
        <ul>
          {known.views.map((one) => (
            <Row key={one.id} one={one} close={close} say={say} />
          ))}
        </ul>
      )}
      <p role="status">
        {gone !== undefined && (
          <>
            “{gone.name}” is deleted.{" "}
            <button type="button" class="link" onClick={async () => say(await bringBack(gone))}>
              Undo
            </button>
          </>
        )}
      </p>
      {issue.value !== undefined && <p role="alert">{issue.value}.</p>}
      <NotSaved say={say} />
      {adding.value ? (
        <NameAndNote
          name=""
          note=""
          action="Save view"
          onSave={async (name, note) => {
            const wrong = await saveNew(name, note);
            if (wrong === undefined) adding.value = false;
            return wrong;
          }}
        />
      ) : (
        <button type="button" class="button" onClick={() => (adding.value = true)}>
          Save this as a view …
        </button>
      )}
      <hr />
      <Layout />
    </div>
  );
}
