import { queryOptions, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { data, setCsrfToken, ui } from "./client";
import type { components } from "./gen/ui";

export type Session = components["schemas"]["Session"];

const accept = (session: Session): Session => {
  setCsrfToken(session.csrf_token);
  return session;
};

/** Who is logged in, what they may do, and how this server is set up. Never stale: it changes by our own requests only. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }) => accept(await data(ui.GET("/ui/session", { signal }))),
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
});

/** True when there is something to see: somebody is logged in, or the server lets the public in. */
export const mayEnter = (session: Session): boolean =>
  session.user !== null || session.permissions.length > 0;

export const useSession = (): Session => useSuspenseQuery(sessionQuery).data;

/** Whether the server granted this permission, as it names them. For hiding what can never be used; the server decides. */
export const usePermission = (permission: string): boolean => useSession().permissions.includes(permission);

export function useLogIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: { username: string; password: string }) =>
      accept(await data(ui.POST("/ui/session", { body }))),
    onSuccess: (session) => queries.setQueryData(sessionQuery.queryKey, session),
  });
}

export function useLogOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => data(ui.DELETE("/ui/session")),
    // What one person saw must not be there for the next.
    onSuccess: () => queries.clear(),
  });
}

export function useChangePassword() {
  return useMutation({
    mutationFn: (body: { old_password: string; new_password: string }) =>
      data(ui.POST("/ui/session/password", { body })),
  });
}
