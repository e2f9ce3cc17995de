import { TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";

/** A text filter kept elsewhere (in the address); it follows once the reader pauses. */
export function FilterText({
  label,
  value,
  onChange,
  searches = false,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** The main filter of its list wears a lens. */
  searches?: boolean;
}) {
  const [typed, setTyped] = useState(value);
  const said = useRef(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => {
    // The address changed by itself (back, a link): the box follows.
    if (value === said.current) return;
    said.current = value;
    setTyped(value);
  }, [value]);
  useEffect(() => {
    if (typed.trim() === said.current) return;
    const timer = setTimeout(() => {
      said.current = typed.trim();
      latest.current(said.current);
    }, 200);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <TextInput
      size="xs"
      aria-label={label}
      placeholder={label}
      {...(searches ? { leftSection: <Search size={12} aria-hidden="true" /> } : {})}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  );
}
