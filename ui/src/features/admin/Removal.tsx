import type { QueryKey } from "@tanstack/react-query";
import { useT } from "@/shared/i18n";
import { FormDialog } from "./FormDialog";
import { useChange } from "./useChange";

/** Asks before something is deleted for good. */
export function Removal({
  name,
  listKey,
  remove,
  onClose,
}: {
  name: string;
  listKey: QueryKey;
  remove: () => Promise<unknown>;
  onClose: () => void;
}) {
  const t = useT();
  const change = useChange<void>(listKey, remove, onClose);
  return (
    <FormDialog
      title={t("admin.remove.title", { name })}
      confirm={t("admin.remove")}
      danger
      busy={change.isPending}
      problem={change.error?.message ?? null}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <p>{t("admin.remove.sentence", { name })}</p>
    </FormDialog>
  );
}
