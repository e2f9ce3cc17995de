import { useEffect, useState } from "react";
import classes from "./Loading.module.css";

/** Grey lines where content will be; only after 150 ms, so that fast answers do not flicker. */
export function Loading({ lines = 6 }: { lines?: number }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return <div aria-busy="true" />;
  return (
    <div className={classes.loading} aria-busy="true">
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines have nothing else
        <div key={index} className={classes.line} style={{ width: `${90 - ((index * 29) % 45)}%` }} />
      ))}
    </div>
  );
}
