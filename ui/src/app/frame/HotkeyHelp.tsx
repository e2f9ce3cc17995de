import { Modal } from "@mantine/core";
import { type HotkeyName, hotkeyPlaces, hotkeys, keysOf } from "@/shared/hotkeys";
import { useT } from "@/shared/i18n";
import classes from "./HotkeyHelp.module.css";

const names = Object.keys(hotkeys) as HotkeyName[];

/** Every shortcut, by the place where it works. */
export default function HotkeyHelp({ close }: { close: () => void }) {
  const t = useT();
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={t("app.help.title")}
      closeButtonProps={{ "aria-label": t("app.help.close") }}
    >
      <div className={classes.places}>
        {hotkeyPlaces.map((place) => (
          <section key={place} aria-label={t(`app.help.place.${place}`)}>
            <h3>{t(`app.help.place.${place}`)}</h3>
            <dl className={classes.keys}>
              {names
                .filter((name) => hotkeys[name][0] === place)
                .map((name) => (
                  <div key={name}>
                    <dt>{t(`app.help.key.${name}`)}</dt>
                    <dd>
                      {keysOf(name).map((press, index) => (
                        <span key={press.join("+")}>
                          {index ? <span className={classes.then}>{t("app.help.then")}</span> : null}
                          {press.map((key) => (
                            <kbd key={key}>{key}</kbd>
                          ))}
                        </span>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <p className={classes.hint}>{t("app.help.hint")}</p>
    </Modal>
  );
}
