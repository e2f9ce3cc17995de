import { Menu, Tooltip, useMantineColorScheme } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { CircleUser, Languages, Search, SunMoon } from "lucide-react";
import { useEffect, useState } from "react";
import { useStreamStatus } from "@/api/live";
import { useLogOut, useSession } from "@/api/session";
import { chooseLanguage } from "@/app/language";
import { openPalette } from "@/app/palette/port";
import { type Locale, locales, useLocale, useT } from "@/shared/i18n";
import { usePreference } from "@/shared/preferences";
import { clockTime, zoneLabel } from "@/shared/time/format";
import { useZone } from "@/shared/time/zone";
import { Choice, tick } from "./Choice";
import classes from "./Frame.module.css";
import { PasswordDialog } from "./PasswordDialog";
import { SessionsDialog } from "./SessionsDialog";
import { ZoneMenu } from "./ZoneMenu";

export function TopBar({
  breadcrumb,
  help,
}: {
  breadcrumb: (element: HTMLElement | null) => void;
  help: () => void;
}) {
  const t = useT();
  return (
    <header className={classes.top}>
      <nav ref={breadcrumb} className={classes.breadcrumb} aria-label={t("app.breadcrumb")} />
      <PaletteButton />
      <LiveChip />
      <ZoneMenu />
      <LanguageMenu />
      <ThemeMenu help={help} />
      <UserMenu />
    </header>
  );
}

const isMac = /Mac|iP(hone|ad)/.test(navigator.userAgent);

function PaletteButton() {
  const t = useT();
  return (
    <button
      type="button"
      className={`${classes.tool} ${classes.search}`}
      onClick={openPalette}
      aria-label={t("app.palette.open")}
    >
      <Search aria-hidden="true" />
      <span>{t("app.palette.open")}</span>
      <kbd>{isMac ? "⌘K" : "Ctrl K"}</kbd>
    </button>
  );
}

function LiveChip() {
  const t = useT();
  const status = useStreamStatus();
  const zone = useZone();
  const text =
    status.state === "offline"
      ? t("app.live.offline", {
          time: `${clockTime(status.since, zone.name)} ${zoneLabel(status.since, zone.name)}`,
        })
      : t(status.state === "live" ? "app.live.live" : "app.live.delayed");
  const hint = t(
    status.state === "offline"
      ? "app.live.offlineHint"
      : status.state === "live"
        ? "app.live.liveHint"
        : "app.live.delayedHint",
  );
  return (
    <Tooltip label={hint} multiline maw={280}>
      <output className={`${classes.tool} ${classes.live}`} data-state={status.state}>
        <span className={classes.lamp} aria-hidden="true" />
        <span className={status.state === "offline" ? undefined : classes.wide}>{text}</span>
      </output>
    </Tooltip>
  );
}

const languageNames: Record<Locale, string> = { en: "English", ko: "한국어" };

function LanguageMenu() {
  const t = useT();
  const locale = useLocale();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button
          type="button"
          className={classes.tool}
          aria-label={`${t("app.language.label")}: ${languageNames[locale]}`}
        >
          <Languages aria-hidden="true" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={locale} onChange={(name) => void chooseLanguage(name as Locale)}>
          {locales.map((name) => (
            <Choice key={name} value={name} lang={name}>
              {languageNames[name]}
            </Choice>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

function ThemeMenu({ help }: { help: () => void }) {
  const t = useT();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [palette, setPalette] = usePreference("palette", "classic");
  const [hotkeys, setHotkeys] = usePreference("hotkeys", true);
  useEffect(() => {
    document.documentElement.dataset.palette = palette;
  }, [palette]);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button type="button" className={classes.tool} aria-label={t("app.theme.label")}>
          <SunMoon aria-hidden="true" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("app.theme.label")}</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(name) => setColorScheme(name as typeof colorScheme)}>
          {(["auto", "light", "dark"] as const).map((scheme) => (
            <Choice key={scheme} value={scheme} stays>
              {t(`app.theme.${scheme}`)}
            </Choice>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Label>{t("app.colours.label")}</Menu.Label>
        <Menu.RadioGroup value={palette} onChange={setPalette}>
          {(["classic", "safe", "airflow3"] as const).map((name) => (
            <Choice key={name} value={name} stays>
              {t(`app.colours.${name}`)}
            </Choice>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.CheckboxItem checked={hotkeys} onChange={setHotkeys} checkIcon={tick}>
          {t("app.hotkeys.label")}
        </Menu.CheckboxItem>
        <Menu.Item onClick={help}>{t("app.help.open")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function UserMenu() {
  const t = useT();
  const { user } = useSession();
  const navigate = useNavigate();
  const logOut = useLogOut();
  const [changing, setChanging] = useState(false);
  const [looking, setLooking] = useState(false);
  const name = user ? `${user.first_name} ${user.last_name}`.trim() || user.username : t("app.user.public");
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <button type="button" className={classes.tool} aria-label={`${t("app.user.label")}: ${name}`}>
            <CircleUser aria-hidden="true" />
            <span className={classes.wide}>{user?.username ?? name}</span>
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{user ? `${name} · ${user.roles.join(", ")}` : name}</Menu.Label>
          {user ? (
            <>
              <Menu.Item onClick={() => setChanging(true)}>{t("app.user.password")}</Menu.Item>
              <Menu.Item onClick={() => setLooking(true)}>{t("app.user.sessions")}</Menu.Item>
              <Menu.Item
                onClick={() =>
                  logOut.mutate(undefined, {
                    onSuccess: () => void navigate({ to: "/login", replace: true }),
                  })
                }
              >
                {t("app.user.logOut")}
              </Menu.Item>
            </>
          ) : (
            <Menu.Item onClick={() => void navigate({ to: "/login" })}>{t("app.user.logIn")}</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <PasswordDialog opened={changing} close={() => setChanging(false)} />
      {looking ? <SessionsDialog close={() => setLooking(false)} /> : null}
    </>
  );
}
