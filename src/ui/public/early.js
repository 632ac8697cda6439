// What does not wait for the page's own script: the theme, before the first paint, and the list of
// metrics, which is on its way while the script is (api.ts takes it).
{
  const kept = (key) => {
    try {
      return localStorage.getItem(key) ?? undefined;
    } catch {
      return undefined;
    }
  };
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = kept("minuet.theme") ?? (dark ? "dark" : "light");

  if (location.pathname === "/" && !document.hidden) {
    const path = "/api/v1/metrics?limit=40&sparkline=true";
    const token = kept("minuet.token");
    const abort = new AbortController();
    const response = fetch(path, {
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
      signal: abort.signal,
    });
    // Whoever takes the answer deals with it.
    response.catch(() => undefined);
    globalThis.early = { path, token, response, abort, askedAt: Date.now() };
  }
}
