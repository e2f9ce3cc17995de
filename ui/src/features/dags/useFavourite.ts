import { useMutation, useQueryClient } from "@tanstack/react-query";
import { data, ui } from "@/api/client";

/** Puts a DAG to the top of the reader's list, or takes it from there. */
export function useFavourite() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ dagId, on }: { dagId: string; on: boolean }) => {
      const options = { params: { path: { dag_id: dagId } } };
      return on
        ? data(ui.PUT("/ui/dags/{dag_id}/favourite", options))
        : data(ui.DELETE("/ui/dags/{dag_id}/favourite", options));
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["dags"] });
      void queries.invalidateQueries({ queryKey: ["dag"] });
    },
  });
}
