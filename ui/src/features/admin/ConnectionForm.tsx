import { Button, NumberInput, PasswordInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { data, v2 } from "@/api/client";
import { useT } from "@/shared/i18n";
import classes from "./Admin.module.css";
import { extraText, readExtra } from "./extras";
import { FormDialog } from "./FormDialog";
import { type Connection, type ConnectionType, typesQuery } from "./queries";
import { useChange } from "./useChange";

type Standard = "host" | "schema" | "login" | "password";

/** A connection by its type's fields. What is tested is exactly what stands in the form. */
export function ConnectionForm({
  connection,
  onClose,
}: {
  connection: Connection | null;
  onClose: () => void;
}) {
  const t = useT();
  const { data: known } = useQuery(typesQuery);
  const types = known?.types ?? [];
  const [id, setId] = useState(connection?.connection_id ?? "");
  const [kind, setKind] = useState(connection?.conn_type ?? "generic");
  const [values, setValues] = useState<Record<Standard, string>>({
    host: connection?.host ?? "",
    schema: connection?.schema ?? "",
    login: connection?.login ?? "",
    // The stored password never comes here; left empty, it stays.
    password: "",
  });
  const [port, setPort] = useState<number | null>(connection?.port ?? null);
  const [extra, setExtra] = useState(connection?.extra ?? "");
  const [description, setDescription] = useState(connection?.description ?? "");
  const type: ConnectionType | undefined = types.find((one) => one.conn_type === kind);
  const fields = type?.fields ?? types.find((one) => one.conn_type === "generic")?.fields ?? [];
  const extras = readExtra(extra);
  const body = () => ({
    connection_id: id,
    conn_type: kind,
    description: description || null,
    host: values.host || null,
    schema: values.schema || null,
    login: values.login || null,
    port,
    extra: extra.trim() || null,
    ...(values.password || !connection ? { password: values.password || null } : {}),
  });
  const save = useChange<void>(
    ["connections"],
    () =>
      connection
        ? data(
            v2.PATCH("/api/v2/connections/{connection_id}", {
              params: { path: { connection_id: id } },
              body: body(),
            }),
          )
        : data(v2.POST("/api/v2/connections", { body: body() })),
    onClose,
  );
  const test = useMutation({ mutationFn: () => data(v2.POST("/api/v2/connections/test", { body: body() })) });
  const setExtraField = (name: string, value: unknown) => {
    if (!extras.ok) return;
    setExtra(extraText({ ...extras.value, [name]: value }));
  };
  return (
    <FormDialog
      title={connection ? connection.connection_id : t("admin.connections.new")}
      confirm={t("admin.save")}
      busy={save.isPending}
      blocked={!id.trim() || !kind || !extras.ok}
      problem={save.error?.message ?? null}
      extra={
        <Button
          variant="default"
          loading={test.isPending}
          disabled={!extras.ok}
          onClick={() => test.mutate()}
        >
          {t("admin.connections.test")}
        </Button>
      }
      onConfirm={() => save.mutate()}
      onClose={onClose}
    >
      <TextInput
        label={t("admin.connections.id")}
        value={id}
        disabled={connection !== null}
        onChange={(event) => setId(event.currentTarget.value)}
        data-autofocus
      />
      <Select
        label={t("admin.connections.type")}
        searchable
        allowDeselect={false}
        value={kind}
        onChange={(value) => setKind(value ?? "generic")}
        data={[
          ...types.map((one) => ({ value: one.conn_type, label: one.label })),
          ...(type || !kind ? [] : [{ value: kind, label: kind }]),
        ]}
      />
      {fields.map((field) => {
        if (field.name === "port")
          return (
            <NumberInput
              key={field.name}
              label={field.label}
              placeholder={field.placeholder}
              allowDecimal={false}
              value={port ?? ""}
              onChange={(value) => setPort(typeof value === "number" ? value : null)}
            />
          );
        if (!field.is_extra) {
          const name = field.name as Standard;
          const shared = {
            label: field.label,
            value: values[name],
            onChange: (event: React.ChangeEvent<HTMLInputElement>) =>
              setValues({ ...values, [name]: event.currentTarget.value }),
          };
          return name === "password" ? (
            <PasswordInput
              key={name}
              {...shared}
              autoComplete="new-password"
              placeholder={connection?.password ? t("admin.connections.kept") : ""}
            />
          ) : (
            <TextInput key={name} {...shared} placeholder={field.placeholder} />
          );
        }
        const current = extras.ok ? extras.value[field.name] : undefined;
        if (field.kind === "boolean")
          return (
            <Switch
              key={field.name}
              label={field.label}
              checked={current === true || current === "true"}
              disabled={!extras.ok}
              onChange={(event) => setExtraField(field.name, event.currentTarget.checked)}
            />
          );
        const text =
          current === undefined || current === null
            ? ""
            : typeof current === "string"
              ? current
              : JSON.stringify(current);
        const shared = {
          label: field.label,
          value: text,
          disabled: !extras.ok,
        };
        return field.kind === "textarea" || field.kind === "json" ? (
          <Textarea
            key={field.name}
            {...shared}
            autosize
            onChange={(event) => setExtraField(field.name, event.currentTarget.value || undefined)}
          />
        ) : (
          <TextInput
            key={field.name}
            {...shared}
            type={field.kind === "password" ? "password" : "text"}
            onChange={(event) => setExtraField(field.name, event.currentTarget.value || undefined)}
          />
        );
      })}
      <Textarea
        label={t("admin.connections.extra")}
        autosize
        minRows={2}
        value={extra}
        onChange={(event) => setExtra(event.currentTarget.value)}
        {...(extras.ok ? {} : { error: t("admin.connections.notJson") })}
      />
      <TextInput
        label={t("admin.description")}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      {test.data ? (
        <p className={classes.tested} data-ok={test.data.status || undefined} role="status">
          {test.data.message}
        </p>
      ) : null}
      {test.error ? (
        <p className={classes.problem} role="alert">
          {test.error.message}
        </p>
      ) : null}
    </FormDialog>
  );
}
