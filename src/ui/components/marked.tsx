// A text whose backticks mark code.

export const Marked = ({ text }: { readonly text: string }) => (
  <>{text.split("`").map((part, i) => (i % 2 === 0 ? part : <code key={i}>{part}</code>))}</>
);
