import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { data, ui } from "@/api/client";
import { usePermission } from "@/api/session";
import { Rich, useT } from "@/shared/i18n";
import { EmptyState } from "@/shared/ui/EmptyState";

/** The first thing that a newcomer sees: where files go, and the examples. */
export function NoDags({ folder, examples }: { folder: string; examples: boolean }) {
  const t = useT();
  const queries = useQueryClient();
  const may = usePermission("can_edit on Configurations");
  const load = useMutation({
    mutationFn: () => data(ui.PATCH("/ui/examples", { body: { load_examples: true } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["dags"] }),
  });
  return (
    <EmptyState
      title={t("dags.empty.title")}
      actions={
        may && !examples ? (
          <Button variant="default" loading={load.isPending} onClick={() => load.mutate()}>
            {t("dags.empty.examples")}
          </Button>
        ) : null
      }
    >
      <Rich id="dags.empty.where" values={{ folder }} components={[<code key="0" />]} />
      {load.error ? <p role="alert">{load.error.message}</p> : null}
    </EmptyState>
  );
}
