/** What the server refused, in its own words. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    /** HTTP status; 0 when the server was not reached. */
    readonly status: number,
    /** The server's sentence, ready to be shown. */
    readonly detail: string,
    /** The id under which the server's log knows the request, if it said one. */
    readonly requestId: string | null = null,
    /** What else the answer held: field errors of a form, for instance. */
    readonly body: unknown = undefined,
  ) {
    super(detail);
  }
}

/** No answer at all: the server is gone or the network is. */
export const isUnreachable = (error: unknown): boolean => error instanceof ApiError && error.status === 0;

/**
 * Reads the sentence out of an error answer: `{detail: "…"}` (ui and v2), `{detail: [{loc, msg}]}` (validation),
 * `{title, detail}` (v1). Null when there is none.
 */
export function sentenceOf(body: unknown): string | null {
  if (typeof body === "string") return body.trim() || null;
  if (typeof body !== "object" || body === null) return null;
  const { detail, title, reason } = body as { detail?: unknown; title?: unknown; reason?: unknown };
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail)) {
    const lines = detail.map((item: { loc?: unknown[]; msg?: string }) => {
      const where = (item.loc ?? []).filter((part) => part !== "body" && part !== "query" && part !== "path");
      return where.length ? `${where.join(".")}: ${item.msg ?? ""}` : (item.msg ?? "");
    });
    return lines.filter(Boolean).join("; ") || null;
  }
  if (typeof detail === "object" && detail !== null) return sentenceOf(detail);
  if (typeof reason === "string") return reason;
  return typeof title === "string" ? title : null;
}
