// Puts a text on the clipboard, where the browser lets a page do so: over plain HTTP, but for this machine, it
// does not.

/** Whether it is there now. */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export const NOT_COPIED = "The browser does not let it be copied";
