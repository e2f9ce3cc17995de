import {
  ActionIcon,
  Button,
  type CSSVariablesResolver,
  createTheme,
  type MantineColorSchemeManager,
  type MantineColorsTuple,
  Menu,
  Modal,
  Popover,
  Tooltip,
} from "@mantine/core";
import { readPreference, writePreference } from "@/shared/preferences";

const inkBlue: MantineColorsTuple = [
  "#eef1fd",
  "#dbe1fa",
  "#b6c2f4",
  "#8fa6ff",
  "#6f88ee",
  "#4a67de",
  "#3a58d6",
  "#2f4fd0",
  "#2743b4",
  "#1f3694",
];

const bad: MantineColorsTuple = [
  "#fdeced",
  "#f9d3d5",
  "#f1a5a9",
  "#f0868c",
  "#e85f66",
  "#de3f48",
  "#d8313b",
  "#d1242f",
  "#b31c26",
  "#92151e",
];

/** The dark neutrals of tokens.css, where Mantine looks for them. */
const dark: MantineColorsTuple = [
  "#eceff3",
  "#b6bec9",
  "#8a94a2",
  "#6b7480",
  "#414a57",
  "#2a313b",
  "#1a1f28",
  "#14181f",
  "#0e1116",
  "#0a0c10",
];

export const theme = createTheme({
  primaryColor: "ink",
  primaryShade: { light: 7, dark: 3 },
  autoContrast: true,
  luminanceThreshold: 0.4,
  colors: { ink: inkBlue, bad, dark },
  fontFamily: "var(--font)",
  fontFamilyMonospace: "var(--mono)",
  fontSizes: { xs: "11px", sm: "13px", md: "13px", lg: "14px", xl: "16px" },
  lineHeights: { xs: "16px", sm: "20px", md: "20px", lg: "20px", xl: "24px" },
  spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
  radius: { xs: "2px", sm: "4px", md: "4px", lg: "8px", xl: "8px" },
  defaultRadius: "sm",
  shadows: {
    xs: "none",
    sm: "none",
    md: "var(--shadow)",
    lg: "var(--shadow)",
    xl: "var(--shadow)",
  },
  headings: { fontWeight: "650" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: Button.extend({
      defaultProps: { size: "xs" },
      vars: (_, { variant = "filled", color, disabled }) => ({
        root: variant === "filled" && !color && !disabled ? { "--button-color": "var(--on-accent)" } : {},
      }),
    }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray", size: 28 } }),
    Menu: Menu.extend({ defaultProps: { shadow: "md", transitionProps: { duration: 80 } } }),
    Popover: Popover.extend({ defaultProps: { shadow: "md", transitionProps: { duration: 80 } } }),
    Modal: Modal.extend({
      defaultProps: { radius: "lg", transitionProps: { duration: 100, transition: "fade" } },
    }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 350, withArrow: false, transitionProps: { duration: 80 } },
    }),
  },
});

/** Mantine's variables, pointed at ours (tokens.css), which know light from dark by themselves. */
export const cssVariables: CSSVariablesResolver = () => {
  const both = {
    "--mantine-color-body": "var(--paper)",
    "--mantine-color-text": "var(--ink)",
    "--mantine-color-dimmed": "var(--ink-3)",
    "--mantine-color-placeholder": "var(--ink-3)",
    "--mantine-color-anchor": "var(--accent)",
    "--mantine-color-default": "var(--paper)",
    "--mantine-color-default-hover": "var(--hover)",
    "--mantine-color-default-color": "var(--ink)",
    "--mantine-color-default-border": "var(--line-strong)",
    "--mantine-color-error": "var(--state-failed-text)",
    "--mantine-primary-color-filled": "var(--accent)",
    "--mantine-primary-color-filled-hover": "var(--accent-hover)",
    "--mantine-primary-color-contrast": "var(--on-accent)",
    "--mantine-color-ink-filled": "var(--accent)",
    "--mantine-color-ink-filled-hover": "var(--accent-hover)",
  };
  return { variables: {}, light: both, dark: both };
};

/** Keeps light/dark/auto with the other preferences. */
export const colorSchemeManager: MantineColorSchemeManager = {
  get: () => readPreference<"light" | "dark" | "auto">("theme", "auto"),
  set: (value) => writePreference("theme", value),
  subscribe: () => {},
  unsubscribe: () => {},
  clear: () => writePreference("theme", "auto"),
};

/** The nonce that the page's policy asks of <style> elements; the server wrote it into the page. */
export const styleNonce = (): string =>
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
