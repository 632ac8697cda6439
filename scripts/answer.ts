// What the server's errors say. Pure.

export interface ServerError {
  readonly code: string;
  readonly message: string;
}

/** The error of an answer's envelope; undefined when the text is none. */
export function errorOf(text: string): ServerError | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || !("error" in parsed)) return undefined;
    const { error } = parsed;
    return typeof error === "object" && error !== null && "code" in error && "message" in error
      ? { code: String(error.code), message: String(error.message) }
      : undefined;
  } catch {
    return undefined;
  }
}
