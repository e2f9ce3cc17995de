// Which feature provides which piece (shared/slots.tsx). Each loads when it is first shown:
// fillSlot("taskLog", () => import("@/features/logs/TaskLog"));
export {};
