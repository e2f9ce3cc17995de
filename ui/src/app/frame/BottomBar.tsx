import { Menu } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { useT } from "@/shared/i18n";
import classes from "./Frame.module.css";
import { inSection, useSections } from "./navigation";

/** The rail of a phone: what is needed to see a failure, and everything else behind "more". */
export function BottomBar({ path }: { path: string }) {
  const t = useT();
  const sections = useSections();
  const first = sections.slice(0, 3);
  const rest = sections.slice(3).flatMap((section) => section.places ?? [section]);
  return (
    <nav aria-label={t("app.nav.label")} className={classes.narrow}>
      <ul className={classes.bottom}>
        {first.map((section) => {
          const Icon = section.icon;
          return (
            <li key={section.to}>
              <Link
                to={section.to}
                className={classes.tab}
                data-active={inSection(section, path) || undefined}
              >
                <Icon aria-hidden="true" />
                {t(section.message)}
              </Link>
            </li>
          );
        })}
        <li>
          <Menu position="top-end">
            <Menu.Target>
              <button type="button" className={classes.tab}>
                <Ellipsis aria-hidden="true" />
                {t("app.nav.more")}
              </button>
            </Menu.Target>
            <Menu.Dropdown>
              {rest.map((place) => (
                <Menu.Item key={place.to} renderRoot={(props) => <Link to={place.to} {...props} />}>
                  {t(place.message)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </li>
      </ul>
    </nav>
  );
}
