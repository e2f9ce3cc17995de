import { Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useT } from "@/shared/i18n";
import { JsonView } from "@/shared/ui/JsonView";
import { QueryView } from "@/shared/ui/QueryView";
import { TimeStamp } from "@/shared/ui/Time";
import { valuesQuery, type XCom } from "./queries";
import classes from "./XComs.module.css";

/** One value, whole. */
export function ValueDialog({ xcom, close }: { xcom: XCom; close: () => void }) {
  const t = useT();
  return (
    <Modal
      opened
      onClose={close}
      size="xl"
      title={xcom.key}
      closeButtonProps={{ "aria-label": t("xcoms.close") }}
    >
      <p className={classes.from}>
        <Link
          to="/dags/$dagId/runs/$runId/tasks/$taskId"
          params={{ dagId: xcom.dag_id, runId: xcom.run_id, taskId: xcom.task_id }}
          search={{ tab: "xcom", ...(xcom.map_index < 0 ? {} : { map: xcom.map_index }) }}
        >
          {xcom.dag_id} · {xcom.run_id} · {xcom.task_id}
          {xcom.map_index < 0 ? "" : ` [${xcom.map_index}]`}
        </Link>
        <TimeStamp at={xcom.created_at} precision="second" />
      </p>
      {xcom.is_cut ? <Whole xcom={xcom} /> : <JsonView value={JSON.parse(xcom.text)} />}
    </Modal>
  );
}

function Whole({ xcom }: { xcom: XCom }) {
  const t = useT();
  return (
    <QueryView query={useQuery(valuesQuery(xcom))}>
      {({ xcoms }) => {
        const found = xcoms.find((one) => one.key === xcom.key);
        if (!found) return <p>{t("xcoms.gone")}</p>;
        return found.too_long ? <p>{t("xcoms.tooLong")}</p> : <JsonView value={found.value} />;
      }}
    </QueryView>
  );
}
