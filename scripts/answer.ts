// What the server's errors say. Pure.

/** The message of an error's envelope; undefined when the text is none. */
export function messageOf(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || !("error" in parsed)) return undefined;
    const { error } = parsed;
    return typeof error === "object" && error !== null && "message" in error
      ? String(error.message)
      : undefined;
  } catch {
    return undefined;
  }
}
