import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState } from "./ErrorState";
import { Loading } from "./Loading";

/**
 * The three states of every view in one place: loading, error, and data. What is shown stays while it is fetched again,
 * and also when that fails (the live chip says that the server is gone).
 */
export function QueryView<T>({
  query,
  children,
  loading = <Loading />,
}: {
  query: UseQueryResult<T>;
  children: (data: T) => ReactNode;
  loading?: ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return loading;
}
