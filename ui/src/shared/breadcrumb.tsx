import { createContext, type ReactNode, useContext } from "react";
import { createPortal } from "react-dom";

export const BreadcrumbSlot = createContext<HTMLElement | null>(null);

/** Puts its children into the top bar: `<Breadcrumb><Link to="/dags">DAGs</Link><b>etl</b></Breadcrumb>`. */
export function Breadcrumb({ children }: { children: ReactNode }) {
  const slot = useContext(BreadcrumbSlot);
  return slot ? createPortal(children, slot) : null;
}
