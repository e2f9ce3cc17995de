import { useNavigate, useSearch } from "@tanstack/react-router";
import { type AdminSearch, changed } from "./search";

/** What the address says of this list, and how to change it (without a new entry in the history). */
export function useFilters(): [AdminSearch, (change: Parameters<typeof changed>[1]) => void] {
  const navigate = useNavigate();
  const search: AdminSearch = useSearch({ strict: false });
  return [
    search,
    (change) =>
      void navigate({ to: ".", search: (now) => changed(now as AdminSearch, change), replace: true }),
  ];
}
