import { Button, Modal, PasswordInput, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import { useChangePassword } from "@/api/session";
import { useT } from "@/shared/i18n";

export function PasswordDialog({ opened, close }: { opened: boolean; close: () => void }) {
  const t = useT();
  return (
    <Modal opened={opened} onClose={close} title={t("app.user.password")} size="sm">
      <PasswordForm close={close} />
    </Modal>
  );
}

function PasswordForm({ close }: { close: () => void }) {
  const t = useT();
  const change = useChangePassword();
  const [values, setValues] = useState({ old: "", fresh: "", again: "" });
  const differ = values.again !== "" && values.fresh !== values.again;
  const set = (name: keyof typeof values) => (event: { currentTarget: { value: string } }) => {
    const { value } = event.currentTarget;
    setValues((before) => ({ ...before, [name]: value }));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (differ) return;
    change.mutate(
      { old_password: values.old, new_password: values.fresh },
      {
        onSuccess: () => {
          notifications.show({ message: t("app.password.saved") });
          close();
        },
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <PasswordInput
          label={t("app.password.old")}
          autoComplete="current-password"
          required
          value={values.old}
          onChange={set("old")}
          error={change.error?.message}
        />
        <PasswordInput
          label={t("app.password.new")}
          autoComplete="new-password"
          required
          value={values.fresh}
          onChange={set("fresh")}
        />
        <PasswordInput
          label={t("app.password.again")}
          autoComplete="new-password"
          required
          value={values.again}
          onChange={set("again")}
          error={differ ? t("app.password.differ") : undefined}
        />
        <Button type="submit" loading={change.isPending} disabled={differ}>
          {t("app.password.save")}
        </Button>
      </Stack>
    </form>
  );
}
