import { useQuery } from "@tanstack/react-query";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { EmptyState } from "@/shared/ui/EmptyState";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import { RelativeTime } from "@/shared/ui/Time";
import classes from "./Admin.module.css";
import { importErrorsQuery } from "./queries";

/** DAG files that cannot be imported: the sentence, the lines around it, and the whole traceback. */
export default function ImportErrorsPage() {
  const t = useT();
  useTitle([t("admin.importErrors.title")]);
  return (
    <Page title={t("admin.importErrors.title")}>
      <QueryView query={useQuery(importErrorsQuery)}>
        {({ errors }) =>
          errors.length ? (
            <ul className={classes.cards}>
              {errors.map((error) => (
                <li key={error.id}>
                  <header>
                    <h2>
                      {error.relative}
                      {error.line ? `:${error.line}` : ""}
                    </h2>
                    <span className={classes.quiet}>
                      <RelativeTime at={error.at} />
                    </span>
                  </header>
                  <p className={classes.summary}>{error.summary}</p>
                  {error.excerpt.length ? (
                    <pre className={classes.source}>
                      {error.excerpt.map((line, index) => {
                        const number = error.excerpt_from + index;
                        return (
                          <span key={number} data-here={number === error.line || undefined}>
                            <i>{number}</i> {line}
                            {"\n"}
                          </span>
                        );
                      })}
                    </pre>
                  ) : null}
                  {error.last_good_version === null ? null : (
                    <p className={classes.quiet}>
                      {t("admin.importErrors.lastGood", { number: error.last_good_version })}
                    </p>
                  )}
                  <details>
                    <summary>{t("admin.importErrors.whole")}</summary>
                    <pre className={classes.source}>{error.message}</pre>
                  </details>
                </li>
              ))}
            </ul>
          ) : (
            <EmptyState title={t("admin.importErrors.none")} />
          )
        }
      </QueryView>
    </Page>
  );
}
