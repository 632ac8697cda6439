// The icons: strokes on a grid of 16, in the colour of the text around them.

const icon = (path: string) => (
  <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    <path d={path} />
  </svg>
);

export const ICONS = {
  alone: () => icon("M9.5 2.5h4v4M13.5 2.5 9 7M6.5 13.5h-4v-4M2.5 13.5 7 9"),
  table: () => icon("M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 6.5v6"),
  chart: () => icon("M2.5 12.5 6 7l3 3 4.5-6.5"),
  link: () =>
    icon(
      "M7 9.5a2.5 2.5 0 0 0 3.6 0l2-2A2.5 2.5 0 0 0 9 4M9 6.5a2.5 2.5 0 0 0-3.6 0l-2 2A2.5 2.5 0 0 0 7 12",
    ),
  close: () => icon("m4 4 8 8M12 4l-8 8"),
  earlier: () => icon("m10 3.5-5 4.5 5 4.5z"),
  later: () => icon("m6 3.5 5 4.5-5 4.5z"),
  out: () => icon("M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M5 8h6"),
  in: () => icon("M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M5 8h6M8 5v6"),
  plus: () => icon("M8 3.5v9M3.5 8h9"),
  move: () => icon("M6 3.5h.01M10 3.5h.01M6 8h.01M10 8h.01M6 12.5h.01M10 12.5h.01"),
  views: () => icon("M4 2.5h8v11l-4-3-4 3z"),
  more: () => icon("M3.5 8h.01M8 8h.01M12.5 8h.01"),
  list: () => icon("M2.5 4.5h11M2.5 8h11M2.5 11.5h11"),
} as const;
