import { type ReactNode, useRef } from "react";
import { useT } from "@/shared/i18n";
import { usePreference } from "@/shared/preferences";
import classes from "./SplitView.module.css";

const least = 20;
const most = 80;

/** Two panes with a border that is dragged, or moved by the arrow keys; where it stands is remembered by `id`. */
export function SplitView({
  id,
  left,
  right,
  initial = 58,
}: {
  id: string;
  left: ReactNode;
  /** Absent: the left pane has everything. */
  right: ReactNode | null;
  /** Percent of the width that the left pane gets at first. */
  initial?: number;
}) {
  const t = useT();
  const [share, setShare] = usePreference(`split.${id}`, initial);
  const box = useRef<HTMLDivElement>(null);
  const move = (percent: number) => setShare(Math.round(Math.min(most, Math.max(least, percent)) * 10) / 10);
  return (
    <div ref={box} className={classes.split} data-open={right !== null || undefined}>
      <div className={classes.pane} style={right === null ? undefined : { flexBasis: `${share}%` }}>
        {left}
      </div>
      {right === null ? null : (
        <>
          {/* biome-ignore lint/a11y/useSemanticElements: a separator that is moved has a value, which <hr> cannot have */}
          <div
            className={classes.border}
            role="separator"
            aria-orientation="vertical"
            aria-label={t("shared.split")}
            aria-valuenow={share}
            aria-valuemin={least}
            aria-valuemax={most}
            tabIndex={0}
            onKeyDown={(event) => {
              if (event.key === "ArrowLeft") move(share - 2);
              else if (event.key === "ArrowRight") move(share + 2);
              else return;
              event.preventDefault();
            }}
            onPointerDown={(event) => {
              event.preventDefault();
              event.currentTarget.setPointerCapture(event.pointerId);
            }}
            onPointerMove={(event) => {
              if (!event.currentTarget.hasPointerCapture(event.pointerId) || !box.current) return;
              const { left: start, width } = box.current.getBoundingClientRect();
              move(((event.clientX - start) / width) * 100);
            }}
          />
          <div className={classes.side}>{right}</div>
        </>
      )}
    </div>
  );
}
