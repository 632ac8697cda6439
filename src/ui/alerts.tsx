// The page of alerts: rules on metrics, how they stand, and who is told.

import { render } from "preact";
import { lazily } from "./components/lazily.tsx";
import { PageHeader } from "./components/page-header.tsx";
import { RuleForm } from "./components/rule-form.tsx";
import { RuleList } from "./components/rule-list.tsx";
import { ShownOnce } from "./components/shown-once.tsx";
import { NoAnswer } from "./components/states.tsx";
import { denial } from "./models/access.ts";
import { type Alerts, alerts, created, draft, load, startAlerts } from "./models/alerts.ts";
import { NEW_RULE } from "./models/rule-draft.ts";

const TokenPrompt = lazily(async () => (await import("./components/token-prompt.tsx")).TokenPrompt);

const Created = () => {
  const { value: made } = created;
  return (
    made !== undefined &&
    made.webhook !== null && (
      <ShownOnce secret={made.secret} onDone={() => (created.value = undefined)}>
        Notices of <b>{made.name}</b> are signed by this secret: who takes them checks it. Copy it
        now: it is not shown again.
      </ShownOnce>
    )
  );
};

const Ready = ({ rules, mayChange }: Extract<Alerts, { kind: "ready" }>) => {
  const { value: wish } = draft;
  const changed = rules.find(({ id }) => id === wish?.id);
  return (
    <div class="store-cards">
      {wish !== undefined && mayChange && (
        <RuleForm key={wish.id ?? "new"} told={changed?.webhook ?? null} />
      )}
      <Created />
      {rules.length > 0 ? (
        <RuleList rules={rules} mayChange={mayChange} />
      ) : (
        wish === undefined && (
          <p class="store-card rules-none">
            No rules yet. A rule looks at a metric each minute, and tells a webhook when its
            condition begins to hold and when it is over.
          </p>
        )
      )}
      {!mayChange && <p class="quiet">Rules are made and changed by administrators.</p>}
    </div>
  );
};

function Page() {
  if (denial.value !== undefined) return <TokenPrompt refused={denial.value} />;
  const known = alerts.value;
  return (
    <>
      <PageHeader />
      <main>
        <section class="store" data-state={known.kind} aria-busy={known.kind === "loading"}>
          <div class="store-head">
            <h1>Alerts</h1>
            {known.kind === "ready" && known.mayChange && draft.value === undefined && (
              <button type="button" class="button primary" onClick={() => (draft.value = NEW_RULE)}>
                New rule
              </button>
            )}
          </div>
          {known.kind === "ready" && known.failed !== undefined && (
            <p class="store-old" role="status">
              {known.failed}. What you see is older.{" "}
              <button type="button" class="link" onClick={() => void load()}>
                Retry
              </button>
            </p>
          )}
          {known.kind === "failed" ? (
            <NoAnswer title="No answer" message={known.message} onRetry={() => void load()} />
          ) : (
            known.kind === "ready" && <Ready {...known} />
          )}
        </section>
      </main>
    </>
  );
}

startAlerts();

const page = document.getElementById("page");
if (page !== null) render(<Page />, page);
