import {
  Boxes,
  House,
  type LucideIcon,
  Plug,
  Settings,
  SquareStack,
  Telescope,
  Workflow,
} from "lucide-react";
import { useMemo } from "react";
import { useSession } from "@/api/session";
import type { MessageId } from "@/shared/i18n";

export interface Place {
  to: string;
  message: MessageId;
}
export interface Section extends Place {
  icon: LucideIcon;
  /** Shown under the section when it is open. */
  places?: readonly Place[];
}

const sections: readonly Section[] = [
  { to: "/", message: "app.nav.home", icon: House },
  { to: "/dags", message: "app.nav.dags", icon: Workflow },
  { to: "/runs", message: "app.nav.runs", icon: SquareStack },
  { to: "/assets", message: "app.nav.assets", icon: Boxes },
  {
    to: "/task-instances",
    message: "app.nav.browse",
    icon: Telescope,
    places: [
      { to: "/task-instances", message: "app.nav.tasks" },
      { to: "/xcoms", message: "app.nav.xcoms" },
      { to: "/audit", message: "app.nav.audit" },
      { to: "/import-errors", message: "app.nav.importErrors" },
    ],
  },
  {
    to: "/connections",
    message: "app.nav.admin",
    icon: Settings,
    places: [
      { to: "/connections", message: "app.nav.connections" },
      { to: "/variables", message: "app.nav.variables" },
      { to: "/pools", message: "app.nav.pools" },
      { to: "/users", message: "app.nav.users" },
      { to: "/roles", message: "app.nav.roles" },
      { to: "/status", message: "app.nav.health" },
      { to: "/configuration", message: "app.nav.configuration" },
      { to: "/providers", message: "app.nav.providers" },
    ],
  },
  { to: "/plugins", message: "app.nav.plugins", icon: Plug },
];

/** Sections and their pages, as far as the server says that they may be opened. */
export function permitted(pages: readonly string[]): Section[] {
  return sections.flatMap((section) => {
    if (!section.places) return pages.includes(section.to) ? [section] : [];
    const places = section.places.filter((place) => pages.includes(place.to));
    const first = places[0];
    return first ? [{ ...section, to: first.to, places }] : [];
  });
}

export function useSections(): readonly Section[] {
  const { pages } = useSession();
  return useMemo(() => permitted(pages), [pages]);
}

export const inSection = (section: Section, path: string): boolean =>
  section.to === "/"
    ? path === "/"
    : [section.to, ...(section.places ?? []).map((place) => place.to)].some(
        (to) => path === to || path.startsWith(`${to}/`),
      );
