// Which feature provides which piece (shared/slots.tsx). Each loads when it is first shown:
import { fillSlot } from "@/shared/slots";

fillSlot("taskLog", () => import("@/features/logs/TaskLog"));
fillSlot("runLog", () => import("@/features/logs/RunLog"));
fillSlot("taskInstance", () => import("@/features/task/TaskInstance"));
fillSlot("run", () => import("@/features/runs/Run"));
fillSlot("runTable", () => import("@/features/runs/RunTableSlot"));
fillSlot("actionDialog", () => import("@/features/actions/ActionHost"));
fillSlot("auditLog", () => import("@/features/admin/AuditLog"));
