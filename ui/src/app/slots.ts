// Which feature provides which piece (shared/slots.tsx). Each loads when it is first shown:
import { fillSlot } from "@/shared/slots";

fillSlot("taskLog", () => import("@/features/logs/TaskLog"));
