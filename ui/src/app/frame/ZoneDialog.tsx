import { Modal, TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useT } from "@/shared/i18n";
import { clockTime, zoneLabel } from "@/shared/time/format";
import { useNow } from "@/shared/time/now";
import { allZones, findZones } from "@/shared/time/zones";
import classes from "./ZoneDialog.module.css";

/** All zones, to be found by name; Enter takes the first. */
export default function ZoneDialog({ choose, close }: { choose: (zone: string) => void; close: () => void }) {
  const t = useT();
  const now = useNow();
  const [typed, setTyped] = useState("");
  const zones = useMemo(allZones, []);
  const found = findZones(zones, typed);
  const take = (zone: string | undefined) => {
    if (!zone) return;
    choose(zone);
    close();
  };
  return (
    <Modal
      opened
      onClose={close}
      title={t("app.zone.label")}
      closeButtonProps={{ "aria-label": t("app.zone.close") }}
    >
      <TextInput
        data-autofocus
        aria-label={t("app.zone.search")}
        placeholder={t("app.zone.search")}
        leftSection={<Search size={14} aria-hidden="true" />}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Enter" && take(found[0])}
      />
      {found.length ? (
        <ul className={classes.zones} aria-label={t("app.zone.label")}>
          {found.map((zone) => (
            <li key={zone}>
              <button type="button" onClick={() => take(zone)}>
                <span>{zone}</span>
                <span className={classes.time}>
                  {clockTime(now, zone)} {zoneLabel(now, zone)}
                </span>
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <p className={classes.none}>{t("app.zone.none")}</p>
      )}
    </Modal>
  );
}
