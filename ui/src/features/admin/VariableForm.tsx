import { Button, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { data, v2 } from "@/api/client";
import { useT } from "@/shared/i18n";
import classes from "./Admin.module.css";
import { FormDialog } from "./FormDialog";
import type { Variable } from "./queries";
import { useChange } from "./useChange";
import { kindOf, mask } from "./variableFiles";

/** A variable. A hidden value stays as it is until another is written; JSON is checked and can be set out. */
export function VariableForm({ variable, onClose }: { variable: Variable | null; onClose: () => void }) {
  const t = useT();
  const hidden = variable?.value === mask || variable?.value === null;
  const [key, setKey] = useState(variable?.key ?? "");
  const [value, setValue] = useState(hidden ? "" : (variable?.value ?? ""));
  const [description, setDescription] = useState(variable?.description ?? "");
  const kind = kindOf(value);
  const change = useChange<void>(
    ["variables"],
    () => {
      const body = { key, value: hidden && value === "" ? mask : value, description: description || null };
      return variable
        ? data(
            v2.PATCH("/api/v2/variables/{variable_key}", {
              params: { path: { variable_key: variable.key } },
              body,
            }),
          )
        : data(v2.POST("/api/v2/variables", { body }));
    },
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
      {variable ? null : (
        <TextInput
          label={t("admin.variables.key")}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          data-autofocus
        />
      )}
      <Textarea
        label={t("admin.variables.value")}
        description={t(hidden ? "admin.variables.hiddenHint" : "admin.variables.valueHint")}
        classNames={{ input: classes.mono ?? "" }}
        placeholder={hidden ? mask : ""}
        autosize
        minRows={3}
        maxRows={18}
        spellCheck={false}
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
        {...(variable ? { "data-autofocus": true } : {})}
      />
      {kind === "text" ? null : (
        <div className={classes.inline}>
          <span className={kind === "broken" ? classes.problem : classes.quiet} role="status">
            {t(`admin.variables.kind.${kind}`)}
          </span>
          <span className={classes.spring} />
          <Button
            size="compact-xs"
            variant="default"
            disabled={kind === "broken"}
            onClick={() => setValue(JSON.stringify(JSON.parse(value), null, 2))}
          >
            {t("admin.variables.format")}
          </Button>
        </div>
      )}
      <TextInput
        label={t("admin.description")}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
