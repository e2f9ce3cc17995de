import { memo, useState } from "react";
import { useT } from "@/shared/i18n";
import { clock, clockTime, duration } from "@/shared/time/format";
import { Ansi } from "./ansi";
import classes from "./Log.module.css";
import { foldable, type LogLine } from "./lines";

export type TimeStyle = "clock" | "full" | "since" | "none";

export interface LineView {
  zone: string;
  time: TimeStyle;
  wrap: boolean;
  mark: RegExp | null;
  /** Start of the log, for times told since then. */
  first: string | null;
}

function timeText(line: LogLine, view: LineView): string {
  if (!line.at || view.time === "none") return "";
  const at = new Date(line.at);
  if (view.time === "full") return clock(at, view.zone, "millisecond");
  if (view.time === "since")
    return view.first ? `+${duration((at.getTime() - new Date(view.first).getTime()) / 1000)}` : "";
  return clockTime(at, view.zone);
}

/** When, how grave, and what: the part of a line that every log shows. */
export function LineBody({ line, view }: { line: LogLine; view: LineView }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const folded = open ? null : foldable(line.text);
  return (
    <>
      {view.time === "none" ? null : (
        <span className={classes.time} title={line.at ?? undefined}>
          {timeText(line, view)}
        </span>
      )}
      <span className={classes.level}>{line.level === "info" ? "" : line.level.toUpperCase()}</span>
      <span className={classes.text} data-wrap={view.wrap || undefined}>
        {folded ? (
          <>
            {folded.head ? (
              <>
                <Ansi text={folded.head} mark={view.mark} />
                {"\n"}
              </>
            ) : null}
            <button type="button" className={classes.fold} onClick={() => setOpen(true)}>
              {t("logs.unfold", { count: folded.hidden })}
            </button>
            {"\n"}
            <b>
              <Ansi text={folded.last} mark={view.mark} />
            </b>
          </>
        ) : (
          <Ansi text={line.text} mark={view.mark} />
        )}
        {line.is_cut ? <em className={classes.cut}>{t("logs.cut")}</em> : null}
      </span>
    </>
  );
}

export const LogLineRow = memo(function LogLineRow({
  line,
  number,
  current,
  view,
  onName,
}: {
  line: LogLine;
  number: number | null;
  current: boolean;
  view: LineView;
  /** The reader wants a link to this line. */
  onName: (offset: number) => void;
}) {
  const t = useT();
  return (
    <div className={classes.line} data-level={line.level || undefined} data-current={current || undefined}>
      <a
        className={classes.number}
        href={`#L${line.offset}`}
        aria-label={t("logs.linkTo")}
        onClick={(event) => {
          event.preventDefault();
          onName(line.offset);
        }}
      >
        {number ?? "·"}
      </a>
      <LineBody line={line} view={view} />
    </div>
  );
});
