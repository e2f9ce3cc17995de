import { Button, Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { ReactNode } from "react";
import { useT } from "@/shared/i18n";
import classes from "./Actions.module.css";

/** The one shape of every action: what is chosen at the left, what it will do at the right, and the button that does it. */
export function DialogFrame({
  title,
  options,
  preview,
  confirm,
  danger = false,
  busy,
  blocked = false,
  problem,
  onConfirm,
  onClose,
}: {
  title: ReactNode;
  options?: ReactNode;
  preview?: ReactNode;
  confirm: string;
  danger?: boolean;
  busy: boolean;
  blocked?: boolean;
  problem?: string | null;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const t = useT();
  const phone = useMediaQuery("(max-width: 700px)", false);
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={options && preview ? 920 : 560}
      fullScreen={phone}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && !blocked) onConfirm();
        }}
      >
        <div className={classes.panes} data-two={Boolean(options && preview) || undefined}>
          {options ? <div className={classes.options}>{options}</div> : null}
          {preview ? <div className={classes.preview}>{preview}</div> : null}
        </div>
        {problem ? (
          <p className={classes.problem} role="alert">
            {problem}
          </p>
        ) : null}
        <footer className={classes.footer}>
          <Button variant="default" onClick={onClose}>
            {t("actions.cancel")}
          </Button>
          <Button
            type="submit"
            loading={busy}
            disabled={blocked}
            {...(danger ? { color: "red" } : {})}
            data-autofocus
          >
            {confirm}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
