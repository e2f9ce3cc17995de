import { Button, TextInput } from "@mantine/core";
import { useT } from "@/shared/i18n";
import { zoneLabel } from "@/shared/time/format";
import { localToIso } from "@/shared/time/wall";
import { useZone } from "@/shared/time/zone";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";
import classes from "./Admin.module.css";
import AuditLog from "./AuditLog";
import { FilterBox } from "./FilterBox";
import { useFilters } from "./useFilters";

/** Everything that was changed here, by whom and from where. */
export default function AuditPage() {
  const t = useT();
  useTitle([t("admin.audit.title")]);
  const [search, change] = useFilters();
  const zone = useZone();
  const after = search.from ? localToIso(search.from, zone.name) : null;
  const before = search.until ? localToIso(search.until, zone.name) : null;
  const none = { who: "", event: "", dag: "", from: "", until: "" };
  const label = zoneLabel(new Date(), zone.name);
  return (
    <Page title={t("admin.audit.title")} wide>
      <div className={classes.column}>
        <div className={classes.filters}>
          <FilterBox name="who" label={t("admin.audit.who")} />
          <FilterBox name="event" label={t("admin.audit.what")} />
          <FilterBox name="dag" label={t("admin.audit.dag")} />
          {(["from", "until"] as const).map((name) => (
            <span key={name} className={classes.labelled}>
              <span aria-hidden="true">{t(`admin.audit.span.${name}`, { zone: label })}</span>
              <TextInput
                size="xs"
                type="datetime-local"
                aria-label={t(`admin.audit.span.${name}`, { zone: label })}
                value={search[name] ?? ""}
                onChange={(event) => change({ [name]: event.currentTarget.value })}
              />
            </span>
          ))}
          {Object.keys(none).some((name) => search[name as keyof typeof none]) ? (
            <Button size="compact-xs" variant="subtle" onClick={() => change(none)}>
              {t("admin.audit.reset")}
            </Button>
          ) : null}
        </div>
        <div className={classes.fill}>
          <AuditLog
            {...(search.who ? { who: search.who } : {})}
            {...(search.event ? { event: search.event } : {})}
            {...(search.dag ? { dagId: search.dag } : {})}
            {...(after ? { after } : {})}
            {...(before ? { before } : {})}
          />
        </div>
      </div>
    </Page>
  );
}
