import { I18nProvider } from "@lingui/react";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { type RenderResult, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { queries } from "@/app/queries";
import { makeRouter } from "@/app/router";
import { i18n } from "@/shared/i18n";
import "@/app/slots";

function Around({ children }: { children: ReactNode }) {
  return (
    <MantineProvider env="test">
      <I18nProvider i18n={i18n}>
        <QueryClientProvider client={queries}>{children}</QueryClientProvider>
      </I18nProvider>
    </MantineProvider>
  );
}

/** A component with what main.tsx puts around everything, without a page. */
export const renderInside = (element: ReactNode): RenderResult => render(element, { wrapper: Around });

/** The whole program at an address, with an empty cache; `location()` is where it went since. */
export function openApp(address: string) {
  queries.clear();
  const router = makeRouter(createMemoryHistory({ initialEntries: [address] }));
  renderInside(<RouterProvider router={router} />);
  return { router, location: () => router.state.location };
}

export { messages as en } from "@/app/locales/en";
export { messages as ko } from "@/app/locales/ko";
export { queries };
