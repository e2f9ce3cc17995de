import { Button, Checkbox, MultiSelect, TextInput } from "@mantine/core";
import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { useT } from "@/shared/i18n";
import { stateMessage, states } from "@/shared/state/states";
import { zoneLabel } from "@/shared/time/format";
import { useZone } from "@/shared/time/zone";
import { FilterText } from "@/shared/ui/FilterText";
import { filtersOf, type TasksSearch, textFilters } from "./search";
import classes from "./Tasks.module.css";

const first = textFilters.slice(0, 2);
const rest = textFilters.slice(2);
const isRare = (name: keyof TasksSearch) => name !== "state" && !(first as readonly string[]).includes(name);

/** Which instances are listed. Those filters that are seldom needed fold away, and open when one of them is set. */
export function InstanceFilters({
  search,
  onSearch,
  count,
}: {
  search: TasksSearch;
  onSearch: (search: TasksSearch) => void;
  count: string;
}) {
  const t = useT();
  const zone = useZone();
  const zoneName = zoneLabel(new Date(), zone.name);
  const set = filtersOf(search);
  const [asked, setAsked] = useState(false);
  const open = asked || set.some(isRare);
  const change = (name: keyof TasksSearch, value: unknown) => {
    const { [name]: _, ...others } = search;
    const isEmpty = !value || (Array.isArray(value) && !value.length);
    onSearch(isEmpty ? others : { ...others, [name]: value });
  };
  const box = (name: (typeof textFilters)[number]) => (
    <FilterText
      key={name}
      label={t(`tasks.filter.${name}`)}
      value={search[name] ?? ""}
      onChange={(value) => change(name, value)}
      searches={name === "task"}
    />
  );
  return (
    <search className={classes.filters} aria-label={t("tasks.filters")}>
      {first.map(box)}
      <MultiSelect
        size="xs"
        className={classes.states}
        aria-label={t("tasks.column.state")}
        placeholder={search.state?.length ? "" : t("tasks.column.state")}
        value={search.state ?? []}
        onChange={(value) => change("state", value)}
        data={states.map((state) => ({ value: state, label: t(stateMessage(state)) }))}
      />
      <Button
        size="compact-xs"
        variant="subtle"
        aria-expanded={open}
        disabled={set.some(isRare)}
        leftSection={<SlidersHorizontal size={12} aria-hidden="true" />}
        onClick={() => setAsked(!asked)}
      >
        {t("tasks.filter.more")}
      </Button>
      {set.length ? (
        <Button
          size="compact-xs"
          variant="subtle"
          onClick={() => onSearch(search.sort ? { sort: search.sort } : {})}
        >
          {t("tasks.filter.reset")}
        </Button>
      ) : null}
      <output className={classes.count}>{count}</output>
      {open ? (
        <div className={classes.rare}>
          {rest.map(box)}
          {(["from", "until"] as const).map((name) => (
            <span key={name} className={classes.labelled}>
              <span aria-hidden="true">{t(`tasks.filter.${name}`, { zone: zoneName })}</span>
              <TextInput
                size="xs"
                type="datetime-local"
                aria-label={t(`tasks.filter.${name}`, { zone: zoneName })}
                value={search[name] ?? ""}
                onChange={(event) => change(name, event.currentTarget.value)}
              />
            </span>
          ))}
          <Checkbox
            size="xs"
            label={t("tasks.filter.mapped")}
            checked={search.mapped ?? false}
            onChange={(event) => change("mapped", event.currentTarget.checked)}
          />
        </div>
      ) : null}
    </search>
  );
}
