import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";

/** Changes something on the server and brings the list of it up to date; `done` closes the dialog. */
export function useChange<V>(
  key: QueryKey,
  change: (value: V) => Promise<unknown>,
  done: () => void = () => {},
) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: key });
      done();
    },
  });
}
