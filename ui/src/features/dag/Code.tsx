import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useT } from "@/shared/i18n";
import { CodeView } from "@/shared/ui/CodeView";
import { QueryView } from "@/shared/ui/QueryView";
import { TimeStamp } from "@/shared/ui/Time";
import classes from "./Code.module.css";
import type { ViewProps } from "./DagPage";
import { codeDiffQuery, codeQuery } from "./queries";

/** The file as it was when a version came to be; beside another version, what differs in text and in the DAG. */
export default function Code({ dag, search, look }: ViewProps) {
  const t = useT();
  const query = useQuery(codeQuery(dag.dag_id, search.version));
  const compared = useQuery({
    ...codeDiffQuery(dag.dag_id, search.compare ?? 0, search.version ?? dag.version.number),
    enabled: search.compare !== undefined,
  });
  return (
    <QueryView query={query}>
      {(code) => {
        const versions = code.versions.map((version) => ({
          value: String(version.number),
          label: t("dag.code.version", { number: version.number }),
        }));
        return (
          <div className={classes.code}>
            <div className={classes.tools}>
              <Select
                size="xs"
                w={140}
                aria-label={t("dag.code.shown")}
                data={versions}
                value={String(code.version.number)}
                allowDeselect={false}
                onChange={(value) => look({ version: value ? Number(value) : undefined })}
              />
              {versions.length > 1 ? (
                <Select
                  size="xs"
                  w={170}
                  clearable
                  aria-label={t("dag.code.compare")}
                  placeholder={t("dag.code.compare")}
                  data={versions.filter((version) => version.value !== String(code.version.number))}
                  value={search.compare === undefined ? null : String(search.compare)}
                  onChange={(value) => look({ compare: value ? Number(value) : undefined })}
                />
              ) : null}
              <span className={classes.quiet}>
                {code.fileloc} · <TimeStamp at={code.version.created_at} />
              </span>
            </div>
            {compared.data && search.compare !== undefined ? (
              <ul className={classes.changes}>
                {compared.data.changes.map((change) => (
                  <li key={change.what} data-kind={change.kind}>
                    <b>{change.what}</b> {change.before === null ? "" : change.before}
                    {change.kind === "changed" ? " → " : " "}
                    {change.after === null ? "" : change.after}
                  </li>
                ))}
                {compared.data.changes.length ? null : <li>{t("dag.code.same")}</li>}
              </ul>
            ) : null}
            <div className={classes.text}>
              <CodeView
                text={code.source}
                language="python"
                label={t("dag.code.label", { dag: dag.dag_id })}
                line={search.task ? code.task_lines[search.task] : undefined}
                before={search.compare === undefined ? undefined : compared.data?.old_source}
              />
            </div>
          </div>
        );
      }}
    </QueryView>
  );
}
