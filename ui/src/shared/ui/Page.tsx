import type { ReactNode } from "react";
import classes from "./Page.module.css";

/** A page: its heading, what may be done at the right of it, and the rest. `wide` pages fill the window themselves. */
export function Page({
  title,
  actions,
  children,
  wide = false,
}: {
  title: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
  wide?: boolean;
}) {
  return (
    <div className={classes.page} data-wide={wide || undefined}>
      <header className={classes.header}>
        <h1>{title}</h1>
        {actions ? <div className={classes.actions}>{actions}</div> : null}
      </header>
      <div className={classes.body}>{children}</div>
    </div>
  );
}
