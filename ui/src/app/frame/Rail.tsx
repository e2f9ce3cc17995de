import { Link } from "@tanstack/react-router";
import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useT } from "@/shared/i18n";
import { usePreference } from "@/shared/preferences";
import { Wordmark } from "@/shared/ui/Wordmark";
import classes from "./Frame.module.css";
import { inSection, useSections } from "./navigation";

/** The way to every page. On a DAG it folds to icons, for the room, unless the reader chose. */
export function Rail({ path }: { path: string }) {
  const t = useT();
  const [chosen, choose] = usePreference<boolean | null>("rail.folded", null);
  const folded = chosen ?? path.startsWith("/dags/");
  return (
    <nav className={classes.rail} data-folded={folded || undefined} aria-label={t("app.nav.label")}>
      <Link to="/" className={classes.brand}>
        <Wordmark folded={folded} />
      </Link>
      <ul className={classes.list}>
        {useSections().map((section) => {
          const active = inSection(section, path);
          const open = active && !folded && section.places !== undefined;
          const Icon = section.icon;
          return (
            <li key={section.message}>
              <Link
                to={section.to}
                className={classes.item}
                data-active={active || undefined}
                data-open={open || undefined}
                title={folded ? t(section.message) : undefined}
              >
                <Icon aria-hidden="true" />
                <span className={folded ? "visually-hidden" : undefined}>{t(section.message)}</span>
              </Link>
              {open ? (
                <ul className={classes.places}>
                  {section.places?.map((place) => (
                    <li key={place.to}>
                      <Link
                        to={place.to}
                        className={classes.item}
                        data-active={path === place.to || path.startsWith(`${place.to}/`) || undefined}
                      >
                        {t(place.message)}
                      </Link>
                    </li>
                  ))}
                </ul>
              ) : null}
            </li>
          );
        })}
      </ul>
      <button
        type="button"
        className={`${classes.tool} ${classes.fold}`}
        onClick={() => choose(!folded)}
        aria-expanded={!folded}
        aria-label={t(folded ? "app.nav.unfold" : "app.nav.fold")}
        title={t(folded ? "app.nav.unfold" : "app.nav.fold")}
      >
        {folded ? <PanelLeftOpen aria-hidden="true" /> : <PanelLeftClose aria-hidden="true" />}
      </button>
    </nav>
  );
}
