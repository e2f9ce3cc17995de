import { useState } from "react";
import { useT } from "@/shared/i18n";
import classes from "./JsonView.module.css";

/** A JSON value as a tree that folds; long texts and large lists open on demand. */
export function JsonView({ value, name }: { value: unknown; name?: string }) {
  return (
    <div className={classes.json}>
      <Node value={value} name={name} depth={0} />
    </div>
  );
}

const shownAtOnce = 200;

function Node({ value, name, depth }: { value: unknown; name: string | undefined; depth: number }) {
  const t = useT();
  const [open, setOpen] = useState(depth < 2);
  const [limit, setLimit] = useState(shownAtOnce);
  const label = name === undefined ? null : <span className={classes.name}>{name}: </span>;
  if (typeof value !== "object" || value === null) {
    return (
      <div className={classes.row}>
        {label}
        <Plain value={value} />
      </div>
    );
  }
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const brackets = isList ? "[]" : "{}";
  if (!entries.length) {
    return (
      <div className={classes.row}>
        {label}
        {brackets}
      </div>
    );
  }
  return (
    <div className={classes.row}>
      <button type="button" className={classes.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden="true">{open ? "▾" : "▸"}</span> {label}
        {open ? brackets[0] : `${brackets[0]}…${brackets[1]}`}
        <span className={classes.count}> {t("shared.json.entries", { count: entries.length })}</span>
      </button>
      {open ? (
        <div className={classes.children}>
          {entries.slice(0, limit).map(([key, child]) => (
            <Node key={key} value={child} name={key} depth={depth + 1} />
          ))}
          {entries.length > limit ? (
            <button type="button" className={classes.more} onClick={() => setLimit(limit * 10)}>
              {t("shared.json.more", { count: entries.length - limit })}
            </button>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

function Plain({ value }: { value: unknown }) {
  if (typeof value === "string") return <span className={classes.text}>"{value}"</span>;
  return <span className={classes.value}>{String(value)}</span>;
}
