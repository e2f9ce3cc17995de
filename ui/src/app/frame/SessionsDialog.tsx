import { Button, Modal } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { data, ui } from "@/api/client";
import { useT } from "@/shared/i18n";
import { QueryView } from "@/shared/ui/QueryView";
import { RelativeTime } from "@/shared/ui/Time";
import classes from "./Frame.module.css";

const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: ({ signal }) => data(ui.GET("/ui/sessions", { signal })),
});

/** Where the reader is logged in, and how to end what is not theirs. */
export function SessionsDialog({ close }: { close: () => void }) {
  const t = useT();
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: (id: string) =>
      data(ui.DELETE("/ui/sessions/{session_id}", { params: { path: { session_id: id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
  return (
    <Modal
      opened
      onClose={close}
      size={620}
      title={t("app.user.sessions")}
      closeButtonProps={{ "aria-label": t("app.sessions.close") }}
    >
      <QueryView query={useQuery(sessionsQuery)}>
        {({ sessions }) => (
          <ul className={classes.sessions}>
            {sessions.map((session) => (
              <li key={session.session_id}>
                <div>
                  <b>{session.address}</b>{" "}
                  {session.is_current ? <span>{t("app.sessions.current")}</span> : null}
                  <p>{session.user_agent || t("app.sessions.noBrowser")}</p>
                  <p>
                    {t("app.sessions.used")} <RelativeTime at={session.last_used_at} /> ·{" "}
                    {t("app.sessions.since")} <RelativeTime at={session.created_at} />
                  </p>
                </div>
                {session.is_current ? null : (
                  <Button
                    size="compact-xs"
                    variant="default"
                    aria-label={t("app.sessions.endOf", { address: session.address })}
                    loading={revoke.isPending && revoke.variables === session.session_id}
                    onClick={() => revoke.mutate(session.session_id)}
                  >
                    {t("app.sessions.end")}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </QueryView>
      {revoke.error ? <p role="alert">{revoke.error.message}</p> : null}
    </Modal>
  );
}
