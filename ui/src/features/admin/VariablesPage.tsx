import { Button, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { data, v2 } from "@/api/client";
import { usePermission } from "@/api/session";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import classes from "./Admin.module.css";
import { FormDialog } from "./FormDialog";
import { type Variable, variablesQuery } from "./queries";
import { Removal } from "./Removal";
import { useChange } from "./useChange";

/** Variables: names and values that DAGs read. The server hides what looks like a secret. */
export default function VariablesPage() {
  const t = useT();
  useTitle([t("admin.variables.title")]);
  const query = useQuery(variablesQuery);
  const mayCreate = usePermission("can_create on Variables");
  const mayEdit = usePermission("can_edit on Variables");
  const mayDelete = usePermission("can_delete on Variables");
  const [text, setText] = useState("");
  const [edited, setEdited] = useState<Variable | "new" | null>(null);
  const [removed, setRemoved] = useState<Variable | null>(null);
  const rows = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return (query.data?.variables ?? []).filter(
      (one) => !wanted || one.key.toLowerCase().includes(wanted) || one.value?.toLowerCase().includes(wanted),
    );
  }, [query.data, text]);
  const columns: Column<Variable>[] = [
    {
      id: "key",
      header: t("admin.variables.key"),
      width: "minmax(10rem, 2fr)",
      cell: (one) => <b>{one.key}</b>,
    },
    {
      id: "value",
      header: t("admin.variables.value"),
      width: "minmax(10rem, 3fr)",
      cell: (one) => <code className={classes.cut}>{one.value}</code>,
    },
    {
      id: "description",
      header: t("admin.description"),
      wide: true,
      width: "minmax(8rem, 2fr)",
      cell: (one) => one.description,
    },
    {
      id: "do",
      header: "",
      width: "9rem",
      align: "right",
      cell: (one) => (
        <span className={classes.buttons}>
          {mayEdit ? (
            <button type="button" className={classes.link} onClick={() => setEdited(one)}>
              {t("admin.edit")}
            </button>
          ) : null}
          {mayDelete ? (
            <button type="button" className={classes.link} onClick={() => setRemoved(one)}>
              {t("admin.remove")}
            </button>
          ) : null}
        </span>
      ),
    },
  ];
  return (
    <Page
      title={t("admin.variables.title")}
      wide
      actions={
        <>
          <TextInput
            size="xs"
            aria-label={t("admin.search")}
            placeholder={t("admin.search")}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {mayCreate ? (
            <Button size="compact-sm" onClick={() => setEdited("new")}>
              {t("admin.variables.new")}
            </Button>
          ) : null}
        </>
      }
    >
      <QueryView query={query}>
        {() => (
          <DataTable
            label={t("admin.variables.title")}
            columns={columns}
            rows={rows}
            rowKey={(one) => one.key}
            empty={<EmptyState title={t("admin.variables.none")}>{t("admin.variables.noneHint")}</EmptyState>}
          />
        )}
      </QueryView>
      {edited ? (
        <VariableForm variable={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      ) : null}
      {removed ? (
        <Removal
          name={removed.key}
          listKey={["variables"]}
          remove={() =>
            data(
              v2.DELETE("/api/v2/variables/{variable_key}", {
                params: { path: { variable_key: removed.key } },
              }),
            )
          }
          onClose={() => setRemoved(null)}
        />
      ) : null}
    </Page>
  );
}

function VariableForm({ variable, onClose }: { variable: Variable | null; onClose: () => void }) {
  const t = useT();
  const [key, setKey] = useState(variable?.key ?? "");
  const [value, setValue] = useState(variable?.value ?? "");
  const [description, setDescription] = useState(variable?.description ?? "");
  const change = useChange<void>(
    ["variables"],
    () =>
      variable
        ? data(
            v2.PATCH("/api/v2/variables/{variable_key}", {
              params: { path: { variable_key: variable.key } },
              body: { key: variable.key, value, description },
            }),
          )
        : data(v2.POST("/api/v2/variables", { body: { key, value, description } })),
    onClose,
  );
  return (
    <FormDialog
      title={variable ? variable.key : t("admin.variables.new")}
      confirm={t("admin.save")}
      busy={change.isPending}
      blocked={!key.trim()}
      problem={change.error?.message ?? null}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <TextInput
        label={t("admin.variables.key")}
        value={key}
        disabled={variable !== null}
        onChange={(event) => setKey(event.currentTarget.value)}
        data-autofocus
      />
      <Textarea
        label={t("admin.variables.value")}
        autosize
        minRows={3}
        maxRows={16}
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <TextInput
        label={t("admin.description")}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
