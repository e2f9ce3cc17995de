import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";
import AuditLog from "./AuditLog";

export default function AuditPage() {
  const t = useT();
  useTitle([t("admin.audit.title")]);
  const [who, setWho] = useState("");
  const [event, setEvent] = useState("");
  return (
    <Page
      title={t("admin.audit.title")}
      wide
      actions={
        <>
          <TextInput
            size="xs"
            aria-label={t("admin.audit.who")}
            placeholder={t("admin.audit.who")}
            value={who}
            onChange={(change) => setWho(change.currentTarget.value)}
          />
          <TextInput
            size="xs"
            aria-label={t("admin.audit.what")}
            placeholder="dag.pause"
            value={event}
            onChange={(change) => setEvent(change.currentTarget.value)}
          />
        </>
      }
    >
      <AuditLog
        {...(who.trim() ? { who: who.trim() } : {})}
        {...(event.trim() ? { event: event.trim() } : {})}
      />
    </Page>
  );
}
