import { queryOptions } from "@tanstack/react-query";
import { data, ui } from "@/api/client";
import type { components } from "@/api/gen/ui";

export type Home = components["schemas"]["HomePage"];
export type Lane = components["schemas"]["TimelineLane"];

export const homeQuery = queryOptions({
  queryKey: ["home"],
  queryFn: ({ signal }) => data(ui.GET("/ui/home", { signal })),
});
