import { Menu } from "@mantine/core";

export const tick = <span aria-hidden="true">✓</span>;

/** One of a group of which one is chosen. `stays`: the menu stays open, to try others. */
export function Choice({
  value,
  children,
  lang,
  stays = false,
}: {
  value: string;
  children: React.ReactNode;
  lang?: string;
  stays?: boolean;
}) {
  return (
    <Menu.RadioItem value={value} checkIcon={tick} closeMenuOnClick={!stays} {...(lang ? { lang } : {})}>
      {children}
    </Menu.RadioItem>
  );
}
