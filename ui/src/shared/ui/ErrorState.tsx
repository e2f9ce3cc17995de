import { Button } from "@mantine/core";
import { ApiError, isUnreachable } from "@/api/errors";
import { useT } from "@/shared/i18n";
import classes from "./States.module.css";

/** Something could not be loaded: the server's own sentence, the request's id, and a way to try again. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useT();
  const api = error instanceof ApiError ? error : null;
  const sentence = isUnreachable(error)
    ? t("shared.error.unreachable")
    : (api?.detail ?? (error instanceof Error ? error.message : String(error)));
  return (
    <div className={classes.state} role="alert">
      <h2>{t("shared.error.title")}</h2>
      <p className={classes.sentence}>{sentence}</p>
      {api?.requestId ? (
        <p className={classes.meta}>{t("shared.error.request", { id: api.requestId })}</p>
      ) : null}
      {retry ? (
        <Button variant="default" onClick={retry}>
          {t("shared.retry")}
        </Button>
      ) : null}
    </div>
  );
}
