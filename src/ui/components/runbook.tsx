// The part of /docs for who runs the store: docs/runbook.md, of which it reads headings, paragraphs and
// lists.

import text from "../../../docs/runbook.md?raw";
import { Marked } from "./marked.tsx";

/** Lines of a paragraph or item, as one. */
const joined = (lines: string): string => lines.replaceAll(/\n */g, " ");

const Block = ({ lines }: { readonly lines: string }) =>
  lines.startsWith("- ") ? (
    <ul>
      {lines
        .slice(2)
        .split("\n- ")
        .map((item) => (
          <li key={item}>
            <Marked text={joined(item)} />
          </li>
        ))}
    </ul>
  ) : (
    <p>
      <Marked text={joined(lines)} />
    </p>
  );

const Blocks = ({ text }: { readonly text: string }) => (
  <>
    {text
      .trim()
      .split(/\n{2,}/)
      .map((lines) => (
        <Block key={lines} lines={lines} />
      ))}
  </>
);

export function Runbook() {
  const [head = "", ...parts] = text.split(/^## /m);
  return (
    <section class="operation" id="runbook">
      <h2>
        <a href="#runbook">Runbook</a>
      </h2>
      <Blocks text={head.replace(/^# .*/, "")} />
      {parts.map((part) => {
        const [title = "", ...rest] = part.split("\n");
        const id = `sign-${title.toLowerCase()}`;
        return (
          <section key={id} id={id} class="sign">
            <h3>
              <a href={`#${id}`}>{title}</a>
            </h3>
            <Blocks text={rest.join("\n")} />
          </section>
        );
      })}
    </section>
  );
}
