import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleAlert, CircleStop } from "lucide-react";
import { data, ui } from "@/api/client";
import { usePermission } from "@/api/session";
import { useT } from "@/shared/i18n";
import classes from "./Dags.module.css";

/** What stands in the way of everything: no scheduler, files that cannot be imported. With what to do about it. */
export function Banners() {
  const t = useT();
  const mayHealth = usePermission("can_read on Jobs");
  const mayErrors = usePermission("can_read on ImportError");
  const health = useQuery({
    queryKey: ["health", "page"],
    queryFn: ({ signal }) => data(ui.GET("/ui/health", { signal })),
    enabled: mayHealth,
  });
  const errors = useQuery({
    queryKey: ["import_errors", "list"],
    queryFn: ({ signal }) => data(ui.GET("/ui/import-errors", { signal })),
    enabled: mayErrors,
  });
  const scheduler = health.data?.parts.find((part) => part.name === "scheduler");
  const broken = errors.data?.errors.length ?? 0;
  return (
    <>
      {scheduler && scheduler.status !== "healthy" ? (
        <p className={classes.banner} role="status">
          <CircleStop size={14} aria-hidden="true" />
          <span>
            {t("dags.noScheduler")} <code>{scheduler.remedy}</code>
          </span>
        </p>
      ) : null}
      {broken ? (
        <p className={classes.banner} data-bad role="status">
          <CircleAlert size={14} aria-hidden="true" />
          <Link to="/import-errors">{t("dags.importErrors", { count: broken })}</Link>
        </p>
      ) : null}
    </>
  );
}
