import { Outlet, useLocation } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { LiveProvider } from "@/api/live";
import { useSession } from "@/api/session";
import { PaletteHost } from "@/app/palette/PaletteHost";
import { setLiveRegion } from "@/shared/announce";
import { BreadcrumbSlot } from "@/shared/breadcrumb";
import { useHotkeys } from "@/shared/hotkeys";
import { useT } from "@/shared/i18n";
import { Slot } from "@/shared/slots";
import { ZoneProvider } from "@/shared/time/zone";
import { BottomBar } from "./BottomBar";
import classes from "./Frame.module.css";
import { Rail } from "./Rail";
import { TopBar } from "./TopBar";

const HotkeyHelp = lazy(() => import("./HotkeyHelp"));

/** What stays while pages change: the rail, the bar above, and what screen readers need. */
export function Frame() {
  const t = useT();
  const session = useSession();
  const path = useLocation({ select: (location) => location.pathname });
  const [breadcrumb, setBreadcrumb] = useState<HTMLElement | null>(null);
  const [helping, setHelping] = useState(false);
  useHotkeys({ help: () => setHelping(true) });
  const main = useRef<HTMLElement>(null);

  // A new page starts at its top, for the eye and for the screen reader; the first one is left alone.
  const previous = useRef(path);
  useEffect(() => {
    if (previous.current === path) return;
    previous.current = path;
    main.current?.focus({ preventScroll: true });
  }, [path]);

  return (
    <ZoneProvider server={session.default_timezone}>
      <LiveProvider>
        <BreadcrumbSlot.Provider value={breadcrumb}>
          <button type="button" className={classes.skip} onClick={() => main.current?.focus()}>
            {t("app.skip")}
          </button>
          <div className={classes.frame}>
            <Rail path={path} />
            <TopBar breadcrumb={setBreadcrumb} help={() => setHelping(true)} />
            <main id="main" ref={main} tabIndex={-1} className={classes.main}>
              <Outlet />
            </main>
            <BottomBar path={path} />
          </div>
          <Slot name="actionDialog" />
          <PaletteHost />
          {helping ? (
            <Suspense fallback={null}>
              <HotkeyHelp close={() => setHelping(false)} />
            </Suspense>
          ) : null}
          <div ref={setLiveRegion} className="visually-hidden" aria-live="polite" />
        </BreadcrumbSlot.Provider>
      </LiveProvider>
    </ZoneProvider>
  );
}
