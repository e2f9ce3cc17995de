import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";

/** Does it, tells that it was done, and brings everything on screen that it may have changed up to date. */
export function useAction<T>(options: {
  act: () => Promise<T>;
  said: (result: T) => string;
  settle: (done: boolean) => void;
}) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: options.act,
    onSuccess: (result) => {
      notifications.show({ message: options.said(result), autoClose: 4000 });
      // The stream tells the rest; this is for what the reader looks at right now.
      void queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
      options.settle(true);
    },
  });
}
