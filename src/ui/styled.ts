// Stylesheets of parts that are loaded late: such a part waits for its own.

/** Adds a stylesheet once. @throws Event when it cannot be loaded */
export const styled = (href: string): Promise<unknown> =>
  new Promise((loaded, failed) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.addEventListener("load", loaded);
    link.addEventListener("error", (event) => {
      link.remove();
      failed(event);
    });
    if ([...document.styleSheets].some((sheet) => sheet.href === link.href)) loaded(undefined);
    else document.head.append(link);
  });
