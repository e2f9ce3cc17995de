import { Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Clock } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { dagQuery } from "@/features/dag/queries";
import { useT } from "@/shared/i18n";
import { usePreference } from "@/shared/preferences";
import { zoneLabel } from "@/shared/time/format";
import { isZone, useZone } from "@/shared/time/zone";
import { withRecent } from "@/shared/time/zones";
import { Choice } from "./Choice";
import classes from "./Frame.module.css";

const ZoneDialog = lazy(() => import("./ZoneDialog"));

/** In which zone times are written: the DAG's, recent ones, the server's, this computer's, or any other. */
export function ZoneMenu() {
  const t = useT();
  const zone = useZone();
  const [recent, remember] = usePreference<readonly string[]>("zone.recent", []);
  const [looking, setLooking] = useState(false);
  const { dagId = "" } = useParams({ strict: false });
  const own = useQuery({ ...dagQuery(dagId), enabled: dagId !== "" }).data?.schedule.timezone;
  const label = zoneLabel(new Date(), zone.name);
  const choose = (name: string) => {
    if (name !== "server" && name !== "local" && name !== "UTC") remember(withRecent(recent, name));
    zone.choose(name);
  };
  const dagZone = own && own !== "UTC" && isZone(own) ? own : null;
  const named = recent.filter((name) => name !== dagZone);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <button type="button" className={classes.tool} aria-label={`${t("app.zone.label")}: ${zone.name}`}>
            <Clock aria-hidden="true" />
            <span className={classes.wide}>{label}</span>
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("app.zone.label")}</Menu.Label>
          <Menu.RadioGroup value={zone.choice} onChange={choose}>
            {dagZone ? <Choice value={dagZone}>{t("app.zone.dag", { zone: dagZone })}</Choice> : null}
            {named.map((name) => (
              <Choice key={name} value={name}>
                {name}
              </Choice>
            ))}
            <Choice value="server">{t("app.zone.server", { zone: zone.server })}</Choice>
            <Choice value="local">{t("app.zone.local", { zone: zone.local })}</Choice>
            <Choice value="UTC">UTC</Choice>
          </Menu.RadioGroup>
          <Menu.Divider />
          <Menu.Item onClick={() => setLooking(true)}>{t("app.zone.other")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {looking ? (
        <Suspense fallback={null}>
          <ZoneDialog choose={choose} close={() => setLooking(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
