import { usePendingAction } from "@/shared/actions/request";
import { BackfillDialog } from "./BackfillDialog";
import { ClearDialog } from "./ClearDialog";
import { DeleteDialog } from "./DeleteDialog";
import { MarkDialog } from "./MarkDialog";
import { NoteDialog } from "./NoteDialog";
import { PauseDialog } from "./PauseDialog";
import { TriggerDialog } from "./TriggerDialog";

/** Shows the dialog of the action that a page asked for. */
export default function ActionHost() {
  const pending = usePendingAction();
  if (!pending) return null;
  const { request, settle } = pending;
  switch (request.kind) {
    case "clear":
      return <ClearDialog request={request} settle={settle} />;
    case "mark":
      return <MarkDialog request={request} settle={settle} />;
    case "trigger":
      return <TriggerDialog request={request} settle={settle} />;
    case "pause":
      return <PauseDialog request={request} settle={settle} />;
    case "note":
      return <NoteDialog request={request} settle={settle} />;
    case "backfill":
      return <BackfillDialog request={request} settle={settle} />;
    case "delete":
      return <DeleteDialog request={request} settle={settle} />;
  }
}
