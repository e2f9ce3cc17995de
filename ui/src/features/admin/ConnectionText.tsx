import { Button, Modal } from "@mantine/core";
import { useT } from "@/shared/i18n";
import classes from "./Admin.module.css";
import { environmentName, jsonOf, uriOf } from "./connectionText";
import { copy } from "./copy";
import type { Connection } from "./queries";

/** A connection as text: address, JSON, and the variable of the environment. Secrets stay hidden. */
export function ConnectionText({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const t = useT();
  const texts = [
    { name: "URI", text: uriOf(connection) },
    { name: "JSON", text: jsonOf(connection) },
    {
      name: t("admin.environment"),
      text: `${environmentName(connection.connection_id)}='${uriOf(connection)}'`,
    },
  ];
  return (
    <Modal
      opened
      onClose={onClose}
      size={680}
      title={connection.connection_id}
      closeButtonProps={{ "aria-label": t("admin.close") }}
    >
      <div className={classes.form}>
        {connection.password ? <p className={classes.quiet}>{t("admin.connections.hidden")}</p> : null}
        {texts.map(({ name, text }) => (
          <section key={name}>
            <header className={classes.cardHead}>
              <h3>{name}</h3>
              <span className={classes.spring} />
              <Button
                size="compact-xs"
                variant="default"
                aria-label={t("admin.copyOf", { name })}
                onClick={() => copy(text, t("admin.copied"))}
              >
                {t("admin.copy")}
              </Button>
            </header>
            <pre className={classes.text}>{text}</pre>
          </section>
        ))}
      </div>
    </Modal>
  );
}
