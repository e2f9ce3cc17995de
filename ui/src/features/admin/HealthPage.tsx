import { useQuery } from "@tanstack/react-query";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import { StateDot } from "@/shared/ui/StateGlyph";
import { RelativeTime, TimeStamp } from "@/shared/ui/Time";
import classes from "./Admin.module.css";
import { healthQuery } from "./queries";

/** The parts of this installation: which live, since when, and how a dead one is started. */
export default function HealthPage() {
  const t = useT();
  useTitle([t("admin.health.title")]);
  return (
    <Page title={t("admin.health.title")}>
      <QueryView query={useQuery(healthQuery)}>
        {(page) => (
          <>
            <ul className={classes.parts}>
              {page.parts.map((part) => (
                <li key={part.name}>
                  <StateDot state={part.status === "healthy" ? "success" : "failed"} decorative />
                  <b>{t(`admin.health.${part.name}`)}</b>
                  <span>{t(`admin.health.${part.status}`)}</span>
                  <span className={classes.quiet}>
                    {part.heartbeat_at ? <RelativeTime at={part.heartbeat_at} /> : null}
                  </span>
                  <span className={classes.quiet}>
                    {part.within ? t("admin.health.within.scheduler") : part.detail}
                  </span>
                  {part.remedy ? <code>{part.remedy}</code> : null}
                </li>
              ))}
            </ul>
            <p className={classes.quiet}>
              tradewind {page.version} · {page.home} ·{" "}
              {t("admin.health.slots", {
                running: page.executor_running,
                slots: page.executor_slots,
                queued: page.queued,
              })}
              {page.database_size === null
                ? ""
                : ` · ${t("admin.health.size", { megabytes: Math.round((page.database_size / 1_048_576) * 10) / 10 })}`}
            </p>
            <h2 className={classes.section}>{t("admin.health.files")}</h2>
            <ol className={classes.plain}>
              {page.files.map((file) => (
                <li key={file.file}>
                  <StateDot state={file.has_error ? "failed" : "success"} size={12} decorative /> {file.file}{" "}
                  <span className={classes.quiet}>
                    {t("admin.health.dags", { count: file.dags })} · <TimeStamp at={file.parsed_at} />
                  </span>
                </li>
              ))}
            </ol>
          </>
        )}
      </QueryView>
    </Page>
  );
}
