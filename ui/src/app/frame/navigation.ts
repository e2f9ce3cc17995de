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

export const sections: readonly Section[] = [
  { to: "/", message: "app.nav.home", icon: House },
  { to: "/dags", message: "app.nav.dags", icon: Workflow },
  { to: "/runs", message: "app.nav.runs", icon: SquareStack },
  { to: "/assets", message: "app.nav.assets", icon: Boxes },
  {
    to: "/audit",
    message: "app.nav.browse",
    icon: Telescope,
    places: [
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

export const inSection = (section: Section, path: string): boolean =>
  section.to === "/"
    ? path === "/"
    : [section.to, ...(section.places ?? []).map((place) => place.to)].some(
        (to) => path === to || path.startsWith(`${to}/`),
      );
