import { useT } from "@/shared/i18n";
import { FilterText } from "@/shared/ui/FilterText";
import { useFilters } from "./useFilters";

/** A text filter that the address keeps. */
export function FilterBox({ name, label }: { name: "q" | "who" | "event" | "dag"; label?: string }) {
  const t = useT();
  const [search, change] = useFilters();
  return (
    <FilterText
      label={label ?? t("admin.search")}
      value={search[name] ?? ""}
      onChange={(value) => change({ [name]: value })}
      searches={name === "q"}
    />
  );
}
