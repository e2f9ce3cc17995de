import { Button, FileButton, Radio } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { data, v2 } from "@/api/client";
import { useT } from "@/shared/i18n";
import classes from "./Admin.module.css";
import { FormDialog } from "./FormDialog";
import type { Variable } from "./queries";
import { type FileRow, fateOf, readFile } from "./variableFiles";

type Existing = "overwrite" | "skip";

/** Variables from a file: first what each would become, then whether those that are there are written anew. */
export function VariableImport({ there, onClose }: { there: readonly Variable[]; onClose: () => void }) {
  const t = useT();
  const queries = useQueryClient();
  const [rows, setRows] = useState<FileRow[] | null>(null);
  const [name, setName] = useState("");
  const [unreadable, setUnreadable] = useState(false);
  const [existing, setExisting] = useState<Existing>("overwrite");
  const known = new Map(there.map((one) => [one.key, one]));
  const told = (rows ?? []).map((row) => ({ row, fate: fateOf(row, known.get(row.key)) }));
  const chosen = told.filter(
    ({ fate }) => fate === "new" || (fate === "changed" && existing === "overwrite"),
  );
  const change = useMutation({
    mutationFn: async () => {
      const answer = await data(
        v2.PATCH("/api/v2/variables", {
          body: {
            actions: [
              {
                action: "create",
                action_on_existence: existing,
                entities: chosen.map(({ row }) => ({
                  ...row,
                  // A file that tells no description leaves the one that is there.
                  description: row.description ?? known.get(row.key)?.description ?? null,
                })),
              },
            ],
          },
        }),
      );
      await queries.invalidateQueries({ queryKey: ["variables"] });
      const refused = answer.create?.errors ?? [];
      if (refused.length) {
        throw new Error(refused.map((one) => String((one as { error?: unknown }).error ?? "")).join(" "));
      }
    },
    onSuccess: onClose,
  });
  const read = async (file: File | null) => {
    setName(file?.name ?? "");
    const found = file ? readFile(await file.text()) : null;
    setRows(found);
    setUnreadable(file !== null && found === null);
  };
  return (
    <FormDialog
      title={t("admin.variables.import")}
      confirm={t("admin.variables.importCount", { count: chosen.length })}
      busy={change.isPending}
      blocked={chosen.length === 0}
      problem={unreadable ? t("admin.variables.notAFile") : (change.error?.message ?? null)}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <div className={classes.inline}>
        <FileButton
          accept=".json,application/json"
          inputProps={{ "aria-label": t("admin.variables.file") }}
          onChange={(file) => void read(file)}
        >
          {(button) => (
            <Button variant="default" {...button}>
              {t("admin.variables.file")}
            </Button>
          )}
        </FileButton>
        <span className={classes.quiet}>{name}</span>
      </div>
      {rows ? (
        <>
          <Radio.Group
            label={t("admin.variables.existing")}
            value={existing}
            onChange={(value) => setExisting(value as Existing)}
          >
            <div className={classes.buttons}>
              {(["overwrite", "skip"] as const).map((value) => (
                <Radio key={value} value={value} label={t(`admin.variables.existing.${value}`)} />
              ))}
            </div>
          </Radio.Group>
          <table className={classes.changes}>
            <thead>
              <tr>
                <th scope="col">{t("admin.variables.key")}</th>
                <th scope="col">{t("admin.audit.before")}</th>
                <th scope="col">{t("admin.audit.after")}</th>
                <th scope="col" />
              </tr>
            </thead>
            <tbody>
              {told.map(({ row, fate }) => (
                <tr key={row.key} data-differs={fate === "new" || fate === "changed" || undefined}>
                  <th scope="row">{row.key}</th>
                  <td>{known.get(row.key)?.value ?? "–"}</td>
                  <td>{row.value}</td>
                  <td className={classes.fate}>{t(`admin.variables.fate.${fate}`)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      ) : (
        <p className={classes.quiet}>{t("admin.variables.fileHint")}</p>
      )}
    </FormDialog>
  );
}
