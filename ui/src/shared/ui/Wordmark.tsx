import classes from "./Wordmark.module.css";

/** The name, with the trace: three bars on one time scale, blown to the right. */
export function Wordmark({ folded = false, size = 16 }: { folded?: boolean; size?: number }) {
  return (
    <span className={classes.wordmark} style={{ fontSize: size }}>
      <svg viewBox="0 0 20 16" aria-hidden="true">
        <path d="M1 3.5h12M5 8h14M3 12.5h9" />
      </svg>
      <span className={folded ? "visually-hidden" : undefined}>tradewind</span>
    </span>
  );
}
