import { useState } from "react";
import type { Slots } from "@/shared/slots";
import { RunTable } from "./RunTable";
import type { RunsSearch } from "./search";

/** The table inside another page, which keeps its own address: the filter lives as long as the view. */
export default function RunTableSlot({ dagId }: Slots["runTable"]) {
  const [search, setSearch] = useState<RunsSearch>({});
  return <RunTable dagId={dagId} search={search} onSearch={setSearch} />;
}
