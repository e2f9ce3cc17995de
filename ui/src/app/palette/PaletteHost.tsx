import { useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { useHotkeys } from "@/shared/hotkeys";
import { onOpenPalette } from "./port";
import { useVisits } from "./recent";

const load = () => import("./Palette");
const Palette = lazy(load);
/** Loaded when the browser has nothing else to do, so that nobody types into the air between ⌘K and the box. */
const idleMs = 3_000;

/** Waits for ⌘K, and remembers what was looked at. */
export function PaletteHost() {
  const [opened, setOpened] = useState(false);
  const [, visit] = useVisits();
  const navigate = useNavigate();
  const { dagId, runId, taskId } = useParams({ strict: false });
  useEffect(() => onOpenPalette(() => setOpened(true)), []);
  useEffect(() => {
    // When the server is gone just now, it is loaded on opening.
    const timer = setTimeout(() => void load().catch(() => undefined), idleMs);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    if (dagId) visit({ dagId, ...(runId ? { runId } : {}), ...(taskId ? { taskId } : {}) });
  }, [dagId, runId, taskId, visit]);
  useHotkeys({
    palette: (event) => {
      event.preventDefault();
      setOpened((before) => !before);
    },
    goHome: () => void navigate({ to: "/" }),
    goDags: () => void navigate({ to: "/dags" }),
    goRuns: () => void navigate({ to: "/runs" }),
    goTasks: () => void navigate({ to: "/task-instances" }),
    goAssets: () => void navigate({ to: "/assets" }),
  });
  return opened ? (
    <Suspense fallback={null}>
      <Palette close={() => setOpened(false)} />
    </Suspense>
  ) : null;
}
