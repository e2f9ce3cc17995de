import { Button, Checkbox, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { data, ui } from "@/api/client";
import { usePermission } from "@/api/session";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import classes from "./Admin.module.css";
import { FormDialog } from "./FormDialog";
import { type Role, rolesQuery } from "./queries";
import { Removal } from "./Removal";
import { useChange } from "./useChange";
import { useFilters } from "./useFilters";

/** What each role may do: actions by resources. */
export default function RolesPage() {
  const t = useT();
  useTitle([t("admin.roles.title")]);
  const query = useQuery(rolesQuery);
  const mayCreate = usePermission("can_create on Roles");
  const mayEdit = usePermission("can_edit on Roles");
  const mayDelete = usePermission("can_delete on Roles");
  const [search, change] = useFilters();
  const [edited, setEdited] = useState<Role | "new" | null>(null);
  const [removed, setRemoved] = useState<Role | null>(null);
  return (
    <Page
      title={t("admin.roles.title")}
      actions={
        mayCreate ? (
          <Button size="compact-sm" onClick={() => setEdited("new")}>
            {t("admin.roles.new")}
          </Button>
        ) : null
      }
    >
      <QueryView query={query}>
        {({ roles, actions, resources }) => {
          const role = roles.find((one) => one.name === search.item) ?? roles[0];
          return (
            <div className={classes.roles}>
              <ul className={classes.plain}>
                {roles.map((one) => (
                  <li key={one.name}>
                    <button
                      type="button"
                      className={classes.role}
                      aria-current={one.name === role?.name || undefined}
                      onClick={() => change({ item: one.name })}
                    >
                      <b>{one.name}</b>{" "}
                      <span className={classes.quiet}>{t("admin.roles.users", { count: one.users })}</span>
                    </button>
                  </li>
                ))}
              </ul>
              {role ? (
                <section>
                  <header className={classes.cardHead}>
                    <h2>{role.name}</h2>
                    <span className={classes.quiet}>{role.is_built_in ? t("admin.roles.builtIn") : ""}</span>
                    <span className={classes.spring} />
                    {mayEdit && (!role.is_built_in || role.name === "Public") ? (
                      <button type="button" className={classes.link} onClick={() => setEdited(role)}>
                        {t("admin.edit")}
                      </button>
                    ) : null}
                    {mayDelete && !role.is_built_in ? (
                      <button type="button" className={classes.link} onClick={() => setRemoved(role)}>
                        {t("admin.remove")}
                      </button>
                    ) : null}
                  </header>
                  <Matrix actions={actions} resources={resources} granted={new Set(role.permissions)} />
                </section>
              ) : null}
              {edited ? (
                <RoleForm
                  role={edited === "new" ? null : edited}
                  actions={actions}
                  resources={resources}
                  onClose={() => setEdited(null)}
                />
              ) : null}
            </div>
          );
        }}
      </QueryView>
      {removed ? (
        <Removal
          name={removed.name}
          listKey={["users"]}
          remove={() => data(ui.DELETE("/ui/roles/{name}", { params: { path: { name: removed.name } } }))}
          onClose={() => setRemoved(null)}
        />
      ) : null}
    </Page>
  );
}

function Matrix({
  actions,
  resources,
  granted,
  onChange,
}: {
  actions: readonly string[];
  resources: readonly string[];
  granted: ReadonlySet<string>;
  onChange?: (granted: ReadonlySet<string>) => void;
}) {
  const t = useT();
  const single = [...granted]
    .map((one) => one.split(" on ")[1] ?? "")
    .filter((name) => !resources.includes(name));
  return (
    <div className={classes.matrixBox}>
      <table className={classes.matrix}>
        <thead>
          <tr>
            <th scope="col">{t("admin.roles.resource")}</th>
            {actions.map((action) => (
              <th key={action} scope="col">
                {action.replace("can_", "")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...resources, ...new Set(single)].map((resource) => (
            <tr key={resource}>
              <th scope="row">{resource}</th>
              {actions.map((action) => {
                const permission = `${action} on ${resource}`;
                return (
                  <td key={action}>
                    <Checkbox
                      size="xs"
                      aria-label={permission}
                      checked={granted.has(permission)}
                      disabled={!onChange}
                      onChange={() => {
                        const next = new Set(granted);
                        if (!next.delete(permission)) next.add(permission);
                        onChange?.(next);
                      }}
                    />
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RoleForm({
  role,
  actions,
  resources,
  onClose,
}: {
  role: Role | null;
  actions: readonly string[];
  resources: readonly string[];
  onClose: () => void;
}) {
  const t = useT();
  const [name, setName] = useState(role?.name ?? "");
  const [granted, setGranted] = useState<ReadonlySet<string>>(new Set(role?.permissions ?? []));
  const [dag, setDag] = useState("");
  const change = useChange<void>(
    ["users"],
    () => {
      const body = { name, permissions: [...granted].sort() };
      return role
        ? data(ui.PATCH("/ui/roles/{name}", { params: { path: { name: role.name } }, body }))
        : data(ui.POST("/ui/roles", { body }));
    },
    onClose,
  );
  return (
    <FormDialog
      title={role ? role.name : t("admin.roles.new")}
      confirm={t("admin.save")}
      busy={change.isPending}
      blocked={!name.trim()}
      problem={change.error?.message ?? null}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <TextInput
        label={t("admin.name")}
        value={name}
        disabled={role?.is_built_in ?? false}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <div className={classes.inline}>
        <TextInput
          label={t("admin.roles.oneDag")}
          placeholder="dag_id"
          value={dag}
          onChange={(event) => setDag(event.currentTarget.value)}
        />
        <Button
          variant="default"
          disabled={!dag.trim()}
          onClick={() => {
            setGranted(new Set([...granted, `can_read on DAG:${dag.trim()}`]));
            setDag("");
          }}
        >
          {t("admin.roles.add")}
        </Button>
      </div>
      <Matrix actions={actions} resources={resources} granted={granted} onChange={setGranted} />
    </FormDialog>
  );
}
