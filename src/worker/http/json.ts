// JSON as it leaves the Worker: it ends with a newline, so that a terminal shows it well.

export const jsonText = (value: unknown): string => `${JSON.stringify(value)}\n`;

interface Init {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export const jsonResponse = (value: unknown, { status = 200, headers }: Init = {}): Response =>
  new Response(jsonText(value), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
