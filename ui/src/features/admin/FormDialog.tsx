import { Button, Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { useT } from "@/shared/i18n";
import classes from "./Admin.module.css";

/** A form over the page: what is changed, the server's sentence when it refuses, and the button that saves. */
export function FormDialog({
  title,
  children,
  confirm,
  danger = false,
  busy,
  blocked = false,
  problem,
  extra,
  onConfirm,
  onClose,
}: {
  title: string;
  children: ReactNode;
  confirm: string;
  danger?: boolean;
  busy: boolean;
  blocked?: boolean;
  problem: string | null;
  extra?: ReactNode;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const t = useT();
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={560}
      closeButtonProps={{ "aria-label": t("admin.close") }}
    >
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && !blocked) onConfirm();
        }}
      >
        {children}
        {problem ? (
          <p className={classes.problem} role="alert">
            {problem}
          </p>
        ) : null}
        <footer className={classes.footer}>
          {extra}
          <Button variant="default" onClick={onClose}>
            {t("admin.cancel")}
          </Button>
          <Button type="submit" loading={busy} disabled={blocked} {...(danger ? { color: "red" } : {})}>
            {confirm}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
