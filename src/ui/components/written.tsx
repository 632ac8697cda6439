// Pages of docs/ as parts of /docs: paragraphs, lists, and code between fences without an empty line.

import { Marked } from "./marked.tsx";

/** Lines of a paragraph or item, as one. */
const joined = (lines: string): string => lines.replaceAll(/\n */g, " ");

const FENCE = /^```\w*\n([^]*)\n```$/;

const Block = ({ lines }: { readonly lines: string }) =>
  FENCE.test(lines) ? (
    <pre tabIndex={0}>{FENCE.exec(lines)![1]}</pre>
  ) : lines.startsWith("- ") ? (
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

interface WrittenPage {
  readonly id: string;
  readonly title: string;
  /** A page of docs/: a title, then parts with titles of their own. */
  readonly text: string;
  /** Before the ids of its parts. */
  readonly prefix: string;
}

export function Written({ id, title, text, prefix }: WrittenPage) {
  const [head = "", ...parts] = text.split(/^## /m);
  return (
    <section class="operation" id={id}>
      <h2>
        <a href={`#${id}`}>{title}</a>
      </h2>
      <Blocks text={head.replace(/^# .*/, "")} />
      {parts.map((part) => {
        const [title = "", ...rest] = part.split("\n");
        const id = `${prefix}${title.toLowerCase().replaceAll(" ", "-")}`;
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
