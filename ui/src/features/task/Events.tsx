import { useQuery } from "@tanstack/react-query";
import { useT } from "@/shared/i18n";
import type { TaskTarget } from "@/shared/slots";
import { stateMessage, toState } from "@/shared/state/states";
import { EmptyState } from "@/shared/ui/EmptyState";
import { QueryView } from "@/shared/ui/QueryView";
import { StateDot } from "@/shared/ui/StateGlyph";
import { TimeStamp } from "@/shared/ui/Time";
import { eventsQuery } from "./queries";
import classes from "./Task.module.css";

/** Everything that happened to the instance: from which state to which, when, why, and who did it. */
export function Events({ target }: { target: TaskTarget }) {
  const t = useT();
  return (
    <QueryView query={useQuery(eventsQuery(target))}>
      {(events) =>
        events.length ? (
          <ol className={classes.events}>
            {events.map((event) => (
              <li key={event.seq}>
                <TimeStamp at={event.at} precision="millisecond" zone={false} />
                <span>
                  {event.new ? (
                    <>
                      <StateDot state={toState(event.new)} decorative /> {t(stateMessage(toState(event.new)))}
                    </>
                  ) : null}
                </span>
                <span>{event.why}</span>
                <span className={classes.meta}>{event.who}</span>
              </li>
            ))}
          </ol>
        ) : (
          <EmptyState title={t("task.events.none")} />
        )
      }
    </QueryView>
  );
}
