import { createContext, type ReactNode, useContext, useMemo } from "react";
import { usePreference } from "@/shared/preferences";

/** What the reader chose: "server" (as configured), "local" (this browser's), or an IANA name. */
export type ZoneChoice = "server" | "local" | (string & {});

export interface Zone {
  /** IANA name, ready for Intl. */
  name: string;
  choice: ZoneChoice;
  choose: (choice: ZoneChoice) => void;
  server: string;
  local: string;
}

export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** False for names that this browser's Intl does not know. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const Context = createContext<Zone>({
  name: "UTC",
  choice: "server",
  choose: () => {},
  server: "UTC",
  local: "UTC",
});

/** `server` is the zone that the server is configured with. */
export function ZoneProvider({ server, children }: { server: string; children: ReactNode }) {
  const [choice, choose] = usePreference<ZoneChoice>("zone", "server");
  const zone = useMemo<Zone>(() => {
    const local = localZone();
    const served = isZone(server) ? server : "UTC";
    const wanted = choice === "server" ? served : choice === "local" ? local : choice;
    return { name: isZone(wanted) ? wanted : "UTC", choice, choose, server: served, local };
  }, [server, choice, choose]);
  return <Context.Provider value={zone}>{children}</Context.Provider>;
}

/** The zone in which every time of the page is written. */
export const useZone = (): Zone => useContext(Context);

/** Shows everything inside in one given zone (a DAG's own, say), whatever the reader chose for the rest. */
export function FixedZone({ name, children }: { name: string; children: ReactNode }) {
  const outer = useZone();
  const zone = useMemo(() => ({ ...outer, name: isZone(name) ? name : outer.name }), [outer, name]);
  return <Context.Provider value={zone}>{children}</Context.Provider>;
}
