import { Link } from "@tanstack/react-router";
import { Rich, useT } from "@/shared/i18n";
import classes from "./Home.module.css";
import type { Home } from "./queries";

/** Whether one of the first steps is still to be done. */
export const isNewcomer = ({ first_steps: done }: Home): boolean =>
  !(done.has_dags && done.has_unpaused && done.has_run);

/** A newcomer's three steps; each is ticked off as soon as the server has seen it. */
export function FirstSteps({ home }: { home: Home }) {
  const t = useT();
  const done = home.first_steps;
  return (
    <section className={classes.section}>
      <h2>{t("home.steps")}</h2>
      <ol className={classes.steps}>
        <Step done={done.has_dags}>
          <Rich id="home.steps.file" values={{ folder: home.dags_folder }} components={[<code key="0" />]} />
        </Step>
        <Step done={done.has_unpaused}>
          <Rich id="home.steps.unpause" components={[<Link key="0" to="/dags" />]} />
        </Step>
        <Step done={done.has_run}>{t("home.steps.run")}</Step>
      </ol>
    </section>
  );
}

function Step({ done, children }: { done: boolean | undefined; children: React.ReactNode }) {
  const t = useT();
  return (
    <li data-done={done || undefined}>
      {children}
      {done ? <span> ✓ {t("home.steps.done")}</span> : null}
    </li>
  );
}
