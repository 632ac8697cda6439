// The page of the API: each operation of /openapi.json with its parameters, body, answers and a
// command to try it; and how agents of other systems send here.

import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { ask, messageOf } from "./api.ts";
import { curl } from "./curl.ts";
import { Agents } from "./components/agents.tsx";
import { Brand } from "./components/header.tsx";
import { lazily } from "./components/lazily.tsx";
import { Marked } from "./components/marked.tsx";
import { Backup, Runbook } from "./components/runbook.tsx";
import { NoAnswer } from "./components/states.tsx";
import { denial, signedIn } from "./models/access.ts";
import { type OpenApi, type Operation, operations, type Parameter, typeOf } from "./openapi.ts";

const TokenPrompt = lazily(async () => (await import("./components/token-prompt.tsx")).TokenPrompt);

type State =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "ready"; readonly api: OpenApi };

const state = signal<State>({ kind: "loading" });

async function load(): Promise<void> {
  try {
    state.value = { kind: "ready", api: await ask<OpenApi>("/openapi.json") };
    // The browser looked for the part before it was there.
    requestAnimationFrame(() => document.getElementById(location.hash.slice(1))?.scrollIntoView());
  } catch (error) {
    state.value = {
      kind: "failed",
      message: messageOf(error),
    };
  }
}

const Parameters = ({ parameters }: { readonly parameters: readonly Parameter[] }) => (
  <div class="wide">
    <table class="parameters">
      <tbody>
        {parameters.map((parameter) => (
          <tr key={parameter.name} data-parameter={parameter.name}>
            <th>
              <code>{parameter.name}</code>
              {parameter.required === true && <em> required</em>}
            </th>
            <td>
              <span class="quiet">
                {parameter.in === "header" ? "header, " : ""}
                {typeOf(parameter.schema)}
                {parameter.schema?.default !== undefined &&
                  !Array.isArray(parameter.schema.default) &&
                  parameter.schema.default !== "" && (
                    <>
                      , default <code>{String(parameter.schema.default)}</code>
                    </>
                  )}
              </span>
              {parameter.description !== undefined && (
                <div>
                  <Marked text={parameter.description} />
                </div>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

function command({ method, example, body, path }: Operation): string {
  if (path.endsWith("/live"))
    return `new WebSocket("${location.origin.replace("http", "ws")}${example}")`;
  const made = curl(example, body?.example);
  return method === "GET" || body !== undefined ? made : made.replace("curl", `curl -X ${method}`);
}

const Part = ({ operation }: { readonly operation: Operation }) => (
  <section
    class="operation"
    id={operation.id}
    data-operation={`${operation.method} ${operation.path}`}
  >
    <h2>
      <span class="method" data-method={operation.method}>
        {operation.method}
      </span>
      <a href={`#${operation.id}`}>{operation.path}</a>
    </h2>
    <p class="lead">
      {operation.summary}
      {operation.open && <span class="quiet"> · needs no token</span>}
    </p>
    {operation.description !== "" && (
      <p>
        <Marked text={operation.description} />
      </p>
    )}
    <pre class="command" tabIndex={0}>
      {command(operation)}
    </pre>
    {operation.parameters.length > 0 && (
      <>
        <h3>Parameters</h3>
        <Parameters parameters={operation.parameters} />
      </>
    )}
    {operation.body && (
      <>
        <h3>Body</h3>
        <p class="quiet">{operation.body.types.join(", ")}</p>
        <pre tabIndex={0}>{operation.body.shape}</pre>
      </>
    )}
    <h3>Answers</h3>
    <ul class="answers">
      {operation.answers.map(({ status, description, shape }) => (
        <li key={status}>
          {shape === undefined ? (
            <span class="answer">
              <code>{status}</code> {description}
            </span>
          ) : (
            <details>
              <summary>
                <code>{status}</code> {description}
              </summary>
              <pre tabIndex={0}>{shape}</pre>
            </details>
          )}
        </li>
      ))}
    </ul>
  </section>
);

const Errors = ({ codes }: { readonly codes: NonNullable<OpenApi["x-error-codes"]> }) => (
  <section class="operation" id="errors">
    <h2>
      <a href="#errors">Errors</a>
    </h2>
    <p>
      Every error is <code>{'{"error":{"code","message","issues"?}}'}</code>. Codes are stable,
      messages are for people. 429 and 503 come with <code>Retry-After</code>: with an{" "}
      <code>Idempotency-Key</code> a write may be sent again.
    </p>
    <div class="wide">
      <table class="parameters">
        <tbody>
          {Object.entries(codes).map(([code, { status, meaning }]) => (
            <tr key={code} data-code={code}>
              <th>
                {status} <code>{code}</code>
              </th>
              <td>
                <Marked text={meaning} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </section>
);

const Document = ({ api }: { readonly api: OpenApi }) => {
  const all = operations(api);
  const codes = api["x-error-codes"];
  return (
    <div class="docs">
      <nav aria-label="Operations">
        <ul>
          <li>
            <a href="#agents">Agents</a>
          </li>
          {all.map(({ id, method, path }) => (
            <li key={id}>
              <a href={`#${id}`}>
                <span class="method" data-method={method}>
                  {method}
                </span>
                {path}
              </a>
            </li>
          ))}
          {codes !== undefined && (
            <li>
              <a href="#errors">Errors</a>
            </li>
          )}
          <li>
            <a href="#backup">Backups</a>
          </li>
          <li>
            <a href="#runbook">Runbook</a>
          </li>
        </ul>
      </nav>
      <main>
        <h1>HTTP API</h1>
        <p class="lead">
          {api.info.description} Version {api.info.version}; the same as a document:{" "}
          <a href="/openapi.json">openapi.json</a>.
        </p>
        <p>
          Times in are Unix milliseconds, ISO 8601 or relative (<code>-6h</code>); times out are
          Unix milliseconds, the start of a bucket, UTC. The token goes into the header{" "}
          <code>Authorization: Bearer …</code>.
        </p>
        <Agents />
        {all.map((operation) => (
          <Part key={operation.id} operation={operation} />
        ))}
        {codes !== undefined && <Errors codes={codes} />}
        <Backup />
        <Runbook />
      </main>
    </div>
  );
};

function Docs() {
  if (denial.value !== undefined) return <TokenPrompt refused={denial.value} />;
  const now = state.value;
  return (
    <>
      <header class="bar">
        <Brand />
      </header>
      {now.kind === "ready" ? (
        <Document api={now.api} />
      ) : now.kind === "failed" ? (
        <main>
          <NoAnswer title="No answer" message={now.message} onRetry={() => void load()} />
        </main>
      ) : (
        <main aria-busy="true" />
      )}
    </>
  );
}

effect(() => {
  void signedIn.value;
  if (denial.value === undefined) void load();
});

const page = document.getElementById("page");
if (page !== null) render(<Docs />, page);
