import { useQuery } from "@tanstack/react-query";
import { useT } from "@/shared/i18n";
import type { TaskTarget } from "@/shared/slots";
import { EmptyState } from "@/shared/ui/EmptyState";
import { JsonView } from "@/shared/ui/JsonView";
import { QueryView } from "@/shared/ui/QueryView";
import { TimeStamp } from "@/shared/ui/Time";
import { renderedQuery, xcomsQuery } from "./queries";
import classes from "./Task.module.css";

/** What the task pushed. */
export function XComs({ target }: { target: TaskTarget }) {
  const t = useT();
  return (
    <QueryView query={useQuery(xcomsQuery(target))}>
      {({ xcoms }) =>
        xcoms.length ? (
          <ul className={classes.values}>
            {xcoms.map((xcom) => (
              <li key={`${xcom.key}/${xcom.map_index}`}>
                <header>
                  <b>{xcom.key}</b>
                  <span className={classes.meta}>
                    <TimeStamp at={xcom.created_at} precision="second" />
                  </span>
                  <span className={classes.meta}>{t("task.xcom.size", { bytes: xcom.size })}</span>
                </header>
                {xcom.too_long ? (
                  <p className={classes.quiet}>{t("task.xcom.tooLong")}</p>
                ) : (
                  <JsonView value={xcom.value} />
                )}
              </li>
            ))}
          </ul>
        ) : (
          <EmptyState title={t("task.xcom.none")}>{t("task.xcom.noneHint")}</EmptyState>
        )
      }
    </QueryView>
  );
}

/** The template fields as the try saw them. */
export function Rendered({ target, tryNumber }: { target: TaskTarget; tryNumber: number | undefined }) {
  const t = useT();
  return (
    <QueryView query={useQuery(renderedQuery(target, tryNumber))}>
      {({ fields }) =>
        fields.length ? (
          <ul className={classes.values}>
            {fields.map((field) => (
              <li key={field.name}>
                <header>
                  <b>{field.name}</b>
                </header>
                <pre className={classes.rendered}>{field.rendered}</pre>
              </li>
            ))}
          </ul>
        ) : (
          <EmptyState title={t("task.rendered.none")}>{t("task.rendered.noneHint")}</EmptyState>
        )
      }
    </QueryView>
  );
}
