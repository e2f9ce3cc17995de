/** The address under which the server is reached, with a slash at the end: `<base href>` says, as any proxy may add a path. */
export const baseUrl: string = new URL(".", document.baseURI).href;

/** Its path alone, for the router: "/" or "/some/prefix/". */
export const basePath: string = new URL(baseUrl).pathname;
