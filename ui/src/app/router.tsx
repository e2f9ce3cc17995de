import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouterHistory,
  redirect,
} from "@tanstack/react-router";
import { basePath } from "@/api/base";
import { mayEnter, sessionQuery } from "@/api/session";
import { adminSearch } from "@/features/admin/search";
import { assetsSearch } from "@/features/assets/search";
import { dagSearch } from "@/features/dag/search";
import { dagsSearch } from "@/features/dags/search";
import { loginSearch } from "@/features/login/search";
import { runSearch, runsSearch } from "@/features/runs/search";
import { taskSearch } from "@/features/task/search";
import { tasksSearch } from "@/features/tasks/search";
import { xcomsSearch } from "@/features/xcoms/search";
import { ErrorPage } from "./ErrorPage";
import { Frame } from "./frame/Frame";
import { NotFoundPage } from "./NotFoundPage";
import { queries } from "./queries";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: loginSearch,
  component: lazyRouteComponent(() => import("@/features/login/LoginPage")),
});

/** Everything behind the login. */
const frame = createRoute({
  getParentRoute: () => root,
  id: "frame",
  component: Frame,
  beforeLoad: async ({ location }) => {
    const session = await queries.ensureQueryData(sessionQuery);
    if (!mayEnter(session)) throw redirect({ to: "/login", search: { next: location.href }, replace: true });
  },
});

const getParentRoute = () => frame;

const home = createRoute({
  getParentRoute,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/home/HomePage")),
});
const dags = createRoute({
  getParentRoute,
  path: "/dags",
  validateSearch: dagsSearch,
  component: lazyRouteComponent(() => import("@/features/dags/DagsPage")),
});
const dag = createRoute({
  getParentRoute,
  path: "/dags/$dagId",
  validateSearch: dagSearch,
  component: lazyRouteComponent(() => import("@/features/dag/DagPage")),
});
const runs = createRoute({
  getParentRoute,
  path: "/runs",
  validateSearch: runsSearch,
  component: lazyRouteComponent(() => import("@/features/runs/RunsPage")),
});
const run = createRoute({
  getParentRoute,
  path: "/dags/$dagId/runs/$runId",
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import("@/features/runs/RunPage")),
});
const task = createRoute({
  getParentRoute,
  path: "/dags/$dagId/runs/$runId/tasks/$taskId",
  validateSearch: taskSearch,
  component: lazyRouteComponent(() => import("@/features/task/TaskPage")),
});
const tasks = createRoute({
  getParentRoute,
  path: "/task-instances",
  validateSearch: tasksSearch,
  component: lazyRouteComponent(() => import("@/features/tasks/TasksPage")),
});
const xcoms = createRoute({
  getParentRoute,
  path: "/xcoms",
  validateSearch: xcomsSearch,
  component: lazyRouteComponent(() => import("@/features/xcoms/XComsPage")),
});
const assets = createRoute({
  getParentRoute,
  path: "/assets",
  validateSearch: assetsSearch,
  component: lazyRouteComponent(() => import("@/features/assets/AssetsPage")),
});

const admin = <P extends string>(path: P, load: () => Promise<{ default: () => React.ReactNode }>) =>
  createRoute({ getParentRoute, path, validateSearch: adminSearch, component: lazyRouteComponent(load) });

const browseRoutes = [
  admin("/audit", () => import("@/features/admin/AuditPage")),
  admin("/import-errors", () => import("@/features/admin/ImportErrorsPage")),
] as const;

const adminRoutes = [
  admin("/pools", () => import("@/features/admin/PoolsPage")),
  admin("/variables", () => import("@/features/admin/VariablesPage")),
  admin("/connections", () => import("@/features/admin/ConnectionsPage")),
  admin("/users", () => import("@/features/admin/UsersPage")),
  admin("/roles", () => import("@/features/admin/RolesPage")),
  admin("/status", () => import("@/features/admin/HealthPage")),
  admin("/configuration", () => import("@/features/admin/ConfigurationPage")),
  admin("/providers", () => import("@/features/admin/ProvidersPage")),
  admin("/plugins", () => import("@/features/admin/PluginsPage")),
] as const;

const routeTree = root.addChildren([
  login,
  frame.addChildren([
    home,
    dags,
    dag,
    runs,
    run,
    task,
    tasks,
    xcoms,
    assets,
    ...browseRoutes,
    ...adminRoutes,
  ]),
]);

/** `history` is the browser's; tests give their own. */
export const makeRouter = (history?: RouterHistory) =>
  createRouter({
    routeTree,
    basepath: basePath,
    defaultPreload: "intent",
    defaultPreloadDelay: 60,
    scrollRestoration: true,
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
    ...(history ? { history } : {}),
  });

export const router = makeRouter();

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
