// JSON as it leaves the Worker: it ends with a newline, so that a terminal shows it well.

export const jsonText = (value: unknown): string => `${JSON.stringify(value)}\n`;

export const jsonResponse = (value: unknown, init: ResponseInit = {}): Response => {
  const headers = new Headers(init.headers);
  headers.set("content-type", "application/json");
  return new Response(jsonText(value), { ...init, headers });
};
