import { Link } from "@tanstack/react-router";
import { useT } from "@/shared/i18n";
import { RelativeTime } from "@/shared/ui/Time";
import classes from "./Home.module.css";
import type { Home } from "./queries";

/** Each part of the installation in a word, the command that starts a dead one, and files that do not import. */
export function HealthStrip({ home }: { home: Home }) {
  const t = useT();
  return (
    <ul className={classes.strip} aria-label={t("home.health")}>
      {home.health.map((part) => (
        <li key={part.name} title={part.detail}>
          <span className={classes.mark} data-status={part.status} aria-hidden="true" />
          <span>{t(`home.health.${part.name}`)}</span>
          {part.status === "healthy" ? (
            <span className={classes.quiet}>{t("home.health.healthy")}</span>
          ) : (
            <>
              <b>{t(`home.health.${part.status}`)}</b>
              {part.heartbeat_at ? <RelativeTime at={part.heartbeat_at} /> : null}
              {part.remedy ? <code>{part.remedy}</code> : null}
            </>
          )}
        </li>
      ))}
      <li>
        <Link to="/dags">
          {t("home.dags", { active: home.dag_counts.active ?? 0, paused: home.dag_counts.paused ?? 0 })}
        </Link>
      </li>
      {home.import_errors ? (
        <li>
          <span className={classes.mark} data-status="unhealthy" aria-hidden="true" />
          <Link to="/import-errors">{t("home.importErrors", { count: home.import_errors })}</Link>
        </li>
      ) : null}
    </ul>
  );
}
