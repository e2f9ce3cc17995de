import { Button, MultiSelect, PasswordInput, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { data, ui } from "@/api/client";
import { usePermission, useSession } from "@/api/session";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { EmptyState } from "@/shared/ui/EmptyState";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import { RelativeTime } from "@/shared/ui/Time";
import classes from "./Admin.module.css";
import { FilterBox } from "./FilterBox";
import { FormDialog } from "./FormDialog";
import { rolesQuery, type User, usersQuery } from "./queries";
import { Removal } from "./Removal";
import { actionColumn, useNarrow } from "./RowActions";
import { useChange } from "./useChange";
import { useFilters } from "./useFilters";

/** Who may log in, and with which roles. */
export default function UsersPage() {
  const t = useT();
  useTitle([t("admin.users.title")]);
  const query = useQuery(usersQuery);
  const session = useSession();
  const mayCreate = usePermission("can_create on Users");
  const mayEdit = usePermission("can_edit on Users");
  const mayDelete = usePermission("can_delete on Users");
  const narrow = useNarrow();
  const [search, change] = useFilters();
  const [adding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<User | null>(null);
  const edited = mayEdit ? query.data?.users.find((user) => user.username === search.item) : undefined;
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
    {
      id: "sessions",
      header: t("admin.users.sessions"),
      wide: true,
      width: "7rem",
      align: "right",
      cell: (user) => user.sessions,
    },
    { id: "roles", header: t("admin.users.roles"), cell: (user) => user.roles.join(", ") },
    {
      id: "login",
      header: t("admin.users.lastLogin"),
      wide: true,
      width: "10rem",
      cell: (user) => <RelativeTime at={user.last_login_at} />,
    },
    actionColumn(
      narrow,
      "9rem",
      (user) => user.username,
      (user) => [
        mayEdit && { label: t("admin.edit"), act: () => change({ item: user.username }) },
        mayDelete &&
          user.username !== session.user?.username && {
            label: t("admin.remove"),
            act: () => setRemoved(user),
          },
      ],
    ),
  ];
  return (
    <Page
      title={t("admin.users.title")}
      wide
      actions={
        <>
          <FilterBox name="q" />
          {mayCreate ? (
            <Button size="compact-sm" onClick={() => setAdding(true)}>
              {t("admin.users.new")}
            </Button>
          ) : null}
        </>
      }
    >
      <QueryView query={query}>
        {({ users }) => (
          <DataTable
            label={t("admin.users.title")}
            name="users"
            columns={columns}
            rows={users.filter((user) => matches(user, search.q))}
            rowKey={(user) => user.username}
            {...(mayEdit ? { onOpen: (user: User) => change({ item: user.username }) } : {})}
            empty={<EmptyState title={t("admin.noneFiltered")}>{t("admin.noneFilteredHint")}</EmptyState>}
          />
        )}
      </QueryView>
      {adding ? <UserForm user={null} onClose={() => setAdding(false)} /> : null}
      {edited ? (
        <UserForm key={edited.username} user={edited} onClose={() => change({ item: undefined })} />
      ) : null}
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

function matches(user: User, wanted = ""): boolean {
  const told = [user.username, user.first_name, user.last_name, user.email, ...user.roles].join(" ");
  return told.toLowerCase().includes(wanted.toLowerCase());
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
