import type { ReactNode } from "react";
import classes from "./States.module.css";

/** Nothing here: what that means and what to do next. */
export function EmptyState({
  title,
  children,
  actions,
}: {
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={classes.state}>
      <h2>{title}</h2>
      {children ? <div className={classes.sentence}>{children}</div> : null}
      {actions ? <div className={classes.actions}>{actions}</div> : null}
    </div>
  );
}
