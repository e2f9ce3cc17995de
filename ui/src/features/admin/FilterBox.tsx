import { TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useT } from "@/shared/i18n";
import { useFilters } from "./useFilters";

/** A text filter that the address keeps; it follows once the reader pauses. */
export function FilterBox({ name, label }: { name: "q" | "who" | "event" | "dag"; label?: string }) {
  const t = useT();
  const [search, change] = useFilters();
  const kept = search[name] ?? "";
  const [typed, setTyped] = useState(kept);
  const said = useRef(kept);
  const latest = useRef(change);
  latest.current = change;
  useEffect(() => {
    // The address changed by itself (back, a link): the box follows.
    if (kept === said.current) return;
    said.current = kept;
    setTyped(kept);
  }, [kept]);
  useEffect(() => {
    if (typed.trim() === said.current) return;
    const timer = setTimeout(() => {
      said.current = typed.trim();
      latest.current({ [name]: said.current });
    }, 200);
    return () => clearTimeout(timer);
  }, [typed, name]);
  return (
    <TextInput
      size="xs"
      aria-label={label ?? t("admin.search")}
      placeholder={label ?? t("admin.search")}
      {...(name === "q" ? { leftSection: <Search size={12} aria-hidden="true" /> } : {})}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  );
}
