import { lazy, Suspense } from "react";
import { Loading } from "./Loading";

const Editor = lazy(() => import("./CodeMirror"));

export interface CodeViewProps {
  text: string;
  language: "python" | "json" | "text";
  /** What it shows, for screen readers. */
  label: string;
  /** Line to show, from 1. */
  line?: number | undefined;
  /** Another text that it is compared with: what differs is marked. */
  before?: string | undefined;
}

/** Source text with colours, line numbers, folding and search; loaded when it is first needed. */
export function CodeView(props: CodeViewProps) {
  return (
    <Suspense fallback={<Loading lines={12} />}>
      <Editor {...props} />
    </Suspense>
  );
}
