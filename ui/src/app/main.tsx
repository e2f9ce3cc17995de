import "@/shared/theme/layers.css";
import "@/shared/theme/mantine.css";
import "@/shared/theme/tokens.css";
import "@/shared/theme/states.css";
import "@/shared/theme/base.css";
import { I18nProvider } from "@lingui/react";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { whenUnauthorized } from "@/api/client";
import { sessionQuery } from "@/api/session";
import { i18n } from "@/shared/i18n";
import { colorSchemeManager, cssVariables, styleNonce, theme } from "@/shared/theme/mantine";
import { activateLanguage, initialLanguage } from "./language";
import { queries } from "./queries";
import { router } from "./router";
import "./slots";

whenUnauthorized(() => {
  const { pathname, href } = router.state.location;
  if (pathname === "/login") return;
  queries.removeQueries({ queryKey: sessionQuery.queryKey });
  void router.navigate({ to: "/login", search: { next: href }, replace: true });
});

// Dialogs lock the page's scrolling by a style sheet of their own.
setNonce(styleNonce());
await activateLanguage(initialLanguage());

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager}
      cssVariablesResolver={cssVariables}
      getStyleNonce={styleNonce}
    >
      <I18nProvider i18n={i18n}>
        <QueryClientProvider client={queries}>
          <Notifications position="bottom-right" limit={4} />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </I18nProvider>
    </MantineProvider>
  </StrictMode>,
);
