import { Button, MultiSelect, PasswordInput, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { data, ui } from "@/api/client";
import { usePermission, useSession } from "@/api/session";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import { RelativeTime } from "@/shared/ui/Time";
import classes from "./Admin.module.css";
import { FormDialog } from "./FormDialog";
import { rolesQuery, type User, usersQuery } from "./queries";
import { Removal } from "./Removal";
import { useChange } from "./useChange";

/** Who may log in, and with which roles. */
export default function UsersPage() {
  const t = useT();
  useTitle([t("admin.users.title")]);
  const query = useQuery(usersQuery);
  const session = useSession();
  const mayCreate = usePermission("can_create on Users");
  const mayEdit = usePermission("can_edit on Users");
  const mayDelete = usePermission("can_delete on Users");
  const [edited, setEdited] = useState<User | "new" | null>(null);
  const [removed, setRemoved] = useState<User | null>(null);
  const columns: Column<User>[] = [
    {
      id: "name",
      header: t("admin.users.name"),
      width: "minmax(9rem, 2fr)",
      cell: (user) => (
        <>
          <b>{user.username}</b>
          {user.active ? null : <span className={classes.quiet}> {t("admin.users.off")}</span>}
        </>
      ),
    },
    {
      id: "person",
      header: t("admin.users.person"),
      wide: true,
      cell: (user) => `${user.first_name} ${user.last_name}`.trim(),
    },
    {
      id: "email",
      header: t("admin.users.email"),
      wide: true,
      width: "minmax(10rem, 2fr)",
      cell: (user) => user.email,
    },
    { id: "roles", header: t("admin.users.roles"), cell: (user) => user.roles.join(", ") },
    {
      id: "login",
      header: t("admin.users.lastLogin"),
      wide: true,
      width: "10rem",
      cell: (user) => <RelativeTime at={user.last_login_at} />,
    },
    {
      id: "do",
      header: "",
      width: "9rem",
      align: "right",
      cell: (user) => (
        <span className={classes.buttons}>
          {mayEdit ? (
            <button type="button" className={classes.link} onClick={() => setEdited(user)}>
              {t("admin.edit")}
            </button>
          ) : null}
          {mayDelete && user.username !== session.user?.username ? (
            <button type="button" className={classes.link} onClick={() => setRemoved(user)}>
              {t("admin.remove")}
            </button>
          ) : null}
        </span>
      ),
    },
  ];
  return (
    <Page
      title={t("admin.users.title")}
      wide
      actions={
        mayCreate ? (
          <Button size="compact-sm" onClick={() => setEdited("new")}>
            {t("admin.users.new")}
          </Button>
        ) : null
      }
    >
      <QueryView query={query}>
        {({ users }) => (
          <DataTable
            label={t("admin.users.title")}
            columns={columns}
            rows={users}
            rowKey={(user) => user.username}
          />
        )}
      </QueryView>
      {edited ? <UserForm user={edited === "new" ? null : edited} onClose={() => setEdited(null)} /> : null}
      {removed ? (
        <Removal
          name={removed.username}
          listKey={["users"]}
          remove={() =>
            data(ui.DELETE("/ui/users/{username}", { params: { path: { username: removed.username } } }))
          }
          onClose={() => setRemoved(null)}
        />
      ) : null}
    </Page>
  );
}

function UserForm({ user, onClose }: { user: User | null; onClose: () => void }) {
  const t = useT();
  const { data: known } = useQuery(rolesQuery);
  const [form, setForm] = useState({
    username: user?.username ?? "",
    first_name: user?.first_name ?? "",
    last_name: user?.last_name ?? "",
    email: user?.email ?? "",
    roles: user?.roles ?? ["Viewer"],
    password: "",
    active: user?.active ?? true,
  });
  const change = useChange<void>(
    ["users"],
    () => {
      const { username, password, ...rest } = form;
      return user
        ? data(
            ui.PATCH("/ui/users/{username}", {
              params: { path: { username: user.username } },
              body: { ...rest, ...(password ? { password } : {}) },
            }),
          )
        : data(ui.POST("/ui/users", { body: { ...rest, username, password } }));
    },
    onClose,
  );
  const text = (name: "username" | "first_name" | "last_name" | "email", label: string, fixed = false) => (
    <TextInput
      label={label}
      value={form[name]}
      disabled={fixed}
      onChange={(event) => setForm({ ...form, [name]: event.currentTarget.value })}
    />
  );
  return (
    <FormDialog
      title={user ? user.username : t("admin.users.new")}
      confirm={t("admin.save")}
      busy={change.isPending}
      blocked={!form.username.trim() || (!user && !form.password)}
      problem={change.error?.message ?? null}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      {text("username", t("admin.users.name"), user !== null)}
      {text("first_name", t("admin.users.first"))}
      {text("last_name", t("admin.users.last"))}
      {text("email", t("admin.users.email"))}
      <MultiSelect
        label={t("admin.users.roles")}
        data={known?.roles.map((role) => role.name) ?? form.roles}
        value={form.roles}
        onChange={(roles) => setForm({ ...form, roles })}
      />
      <PasswordInput
        label={t("admin.users.password")}
        description={user ? t("admin.users.passwordHint") : null}
        autoComplete="new-password"
        value={form.password}
        onChange={(event) => setForm({ ...form, password: event.currentTarget.value })}
      />
      <Switch
        label={t("admin.users.active")}
        checked={form.active}
        onChange={(event) => setForm({ ...form, active: event.currentTarget.checked })}
      />
    </FormDialog>
  );
}
