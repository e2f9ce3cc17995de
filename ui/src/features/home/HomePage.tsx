import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useT } from "@/shared/i18n";
import { stateMessage, states } from "@/shared/state/states";
import { useTitle } from "@/shared/title";
import { Page } from "@/shared/ui/Page";
import { QueryView } from "@/shared/ui/QueryView";
import { StateBadge } from "@/shared/ui/StateGlyph";
import { Failures } from "./Failures";
import { FirstSteps, isNewcomer } from "./FirstSteps";
import { HealthStrip } from "./HealthStrip";
import classes from "./Home.module.css";
import { Late } from "./Late";
import { type Home, homeQuery } from "./queries";
import { Timeline } from "./Timeline";
import { Upcoming } from "./Upcoming";

/** What is broken, what runs late, what comes next. */
export default function HomePage() {
  const t = useT();
  const query = useQuery(homeQuery);
  const broken = query.data?.failures.length ?? 0;
  const running = query.data?.run_counts.running ?? 0;
  useTitle([t("home.title")], broken ? "failed" : running ? "running" : undefined, broken || running);
  return (
    <Page title={t("home.title")}>
      <QueryView query={query}>{(home) => <Digest home={home} />}</QueryView>
    </Page>
  );
}

function Digest({ home }: { home: Home }) {
  const t = useT();
  return (
    <div className={classes.page}>
      <HealthStrip home={home} />
      {isNewcomer(home) ? <FirstSteps home={home} /> : null}
      {home.first_steps.has_dags ? (
        <>
          <div className={classes.counts}>
            <Counts label={t("home.counts.runs")} counts={home.run_counts} />
            <Counts label={t("home.counts.tasks")} counts={home.task_counts} />
          </div>
          <div className={classes.columns}>
            <Failures rows={home.failures} />
            <div className={classes.page}>
              <Late rows={home.late} />
              <Upcoming rows={home.upcoming} />
            </div>
          </div>
          <section className={classes.section}>
            <h2>{t("home.timeline")}</h2>
            <Timeline home={home} />
          </section>
          {home.favourites.length ? (
            <section className={classes.section}>
              <h2>{t("home.favourites")}</h2>
              <ul className={classes.strip}>
                {home.favourites.map((dagId) => (
                  <li key={dagId}>
                    <Link to="/dags/$dagId" params={{ dagId }}>
                      {dagId}
                    </Link>
                  </li>
                ))}
              </ul>
            </section>
          ) : null}
        </>
      ) : null}
    </div>
  );
}

function Counts({ label, counts }: { label: string; counts: Readonly<Record<string, number>> }) {
  const t = useT();
  const shown = states.filter((state) => counts[state]);
  if (shown.length === 0) return null;
  return (
    <div className={classes.counts}>
      <span className={classes.quiet}>{label}</span>
      <ul className={classes.strip} aria-label={label}>
        {shown.map((state) => (
          <li key={state} title={t(stateMessage(state))}>
            <StateBadge state={state} count={counts[state] ?? 0} />
          </li>
        ))}
      </ul>
    </div>
  );
}
