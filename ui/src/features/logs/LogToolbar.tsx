import { ActionIcon, Checkbox, Menu, SegmentedControl, TextInput, Tooltip } from "@mantine/core";
import {
  ArrowDown,
  ArrowUp,
  Copy,
  Download,
  Maximize,
  Minimize,
  Regex,
  Settings2,
  TextWrap,
} from "lucide-react";
import type { RefObject } from "react";
import { useT } from "@/shared/i18n";
import classes from "./Log.module.css";
import type { TimeStyle } from "./LogLineRow";
import { type Level, levels } from "./lines";
import type { LogQuery } from "./useLogSearch";

export interface LogToolbarProps {
  query: LogQuery;
  onQuery: (query: LogQuery) => void;
  searchRef: RefObject<HTMLInputElement | null>;
  hits: { at: number; total: number } | null;
  onHit: (direction: 1 | -1) => void;
  levelCounts: Readonly<Record<string, number>>;
  chosen: ReadonlySet<string>;
  onChosen: (chosen: ReadonlySet<string>) => void;
  sources: readonly string[];
  source: string;
  onSource: (source: string) => void;
  time: TimeStyle;
  onTime: (time: TimeStyle) => void;
  wrap: boolean;
  onWrap: (wrap: boolean) => void;
  full: boolean;
  onFull: (full: boolean) => void;
  copyWith: { time: boolean; level: boolean };
  onCopyWith: (copyWith: { time: boolean; level: boolean }) => void;
  onCopy: () => void;
  download: (raw: boolean) => string;
}

export const levelMessage = {
  debug: "logs.level.debug",
  info: "logs.level.info",
  warning: "logs.level.warning",
  error: "logs.level.error",
  critical: "logs.level.critical",
} as const satisfies Record<Level, string>;

export function LogToolbar(props: LogToolbarProps) {
  const t = useT();
  const { chosen, query } = props;
  const choose = (level: Level) => {
    const next = new Set(chosen);
    if (!next.delete(level)) next.add(level);
    props.onChosen(next);
  };
  return (
    <div className={classes.toolbar} role="toolbar" aria-label={t("logs.tools")}>
      <TextInput
        ref={props.searchRef}
        size="xs"
        className={classes.search ?? ""}
        placeholder={t("logs.search")}
        aria-label={t("logs.search")}
        value={query.text}
        onChange={(event) => props.onQuery({ ...query, text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === "Enter") props.onHit(event.shiftKey ? -1 : 1);
          if (event.key === "Escape") event.currentTarget.blur();
        }}
        rightSection={
          <Tooltip label={t("logs.regex")}>
            <ActionIcon
              size="xs"
              variant={query.regex ? "filled" : "subtle"}
              aria-label={t("logs.regex")}
              aria-pressed={query.regex}
              onClick={() => props.onQuery({ ...query, regex: !query.regex })}
            >
              <Regex size={12} aria-hidden="true" />
            </ActionIcon>
          </Tooltip>
        }
      />
      {props.hits ? (
        <span className={classes.hits}>
          <output>
            {props.hits.total
              ? t("logs.hits", { at: props.hits.at + 1, total: props.hits.total })
              : t("logs.noHits")}
          </output>
          <Tool label={t("logs.previousHit")} onClick={() => props.onHit(-1)}>
            <ArrowUp size={14} />
          </Tool>
          <Tool label={t("logs.nextHit")} onClick={() => props.onHit(1)}>
            <ArrowDown size={14} />
          </Tool>
        </span>
      ) : null}
      <fieldset className={classes.levels} aria-label={t("logs.levels")}>
        {levels.map((level) => {
          const count = props.levelCounts[level] ?? 0;
          return count || chosen.has(level) ? (
            <button
              key={level}
              type="button"
              data-level={level}
              aria-pressed={chosen.has(level)}
              className={classes.chip}
              onClick={() => choose(level)}
            >
              {t(levelMessage[level])} {count}
            </button>
          ) : null;
        })}
      </fieldset>
      <span className={classes.spring} />
      <Tool label={t("logs.wrap")} pressed={props.wrap} onClick={() => props.onWrap(!props.wrap)}>
        <TextWrap size={14} />
      </Tool>
      <Tool label={t("logs.copy")} onClick={props.onCopy}>
        <Copy size={14} />
      </Tool>
      <Menu position="bottom-end" closeOnItemClick={false}>
        <Menu.Target>
          <ActionIcon variant="subtle" size="sm" aria-label={t("logs.options")}>
            <Settings2 size={14} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("logs.time")}</Menu.Label>
          <SegmentedControl
            size="xs"
            value={props.time}
            onChange={(value) => props.onTime(value as TimeStyle)}
            aria-label={t("logs.time")}
            data={[
              { value: "clock", label: t("logs.time.clock") },
              { value: "full", label: t("logs.time.full") },
              { value: "since", label: t("logs.time.since") },
              { value: "none", label: t("logs.time.none") },
            ]}
          />
          <Menu.Label>{t("logs.source")}</Menu.Label>
          <Menu.Item
            onClick={() => props.onSource("")}
            {...(props.source ? {} : { "aria-current": true, "data-current": true })}
          >
            {t("logs.source.all")}
          </Menu.Item>
          {props.sources.map((source) => (
            <Menu.Item
              key={source}
              onClick={() => props.onSource(source)}
              {...(props.source === source ? { "aria-current": true, "data-current": true } : {})}
            >
              {source}
            </Menu.Item>
          ))}
          <Menu.Label>{t("logs.copyWith")}</Menu.Label>
          <div className={classes.checks}>
            <Checkbox
              size="xs"
              label={t("logs.copyWith.time")}
              checked={props.copyWith.time}
              onChange={(event) => props.onCopyWith({ ...props.copyWith, time: event.currentTarget.checked })}
            />
            <Checkbox
              size="xs"
              label={t("logs.copyWith.level")}
              checked={props.copyWith.level}
              onChange={(event) =>
                props.onCopyWith({ ...props.copyWith, level: event.currentTarget.checked })
              }
            />
          </div>
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" size="sm" aria-label={t("logs.download")}>
            <Download size={14} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component="a" href={props.download(false)} download>
            {t("logs.download.text")}
          </Menu.Item>
          <Menu.Item component="a" href={props.download(true)} download>
            {t("logs.download.raw")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Tool label={t("logs.full")} pressed={props.full} onClick={() => props.onFull(!props.full)}>
        {props.full ? <Minimize size={14} /> : <Maximize size={14} />}
      </Tool>
    </div>
  );
}

function Tool({
  label: text,
  pressed,
  onClick,
  children,
}: {
  label: string;
  pressed?: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <Tooltip label={text}>
      <ActionIcon
        variant={pressed ? "light" : "subtle"}
        size="sm"
        aria-label={text}
        {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
