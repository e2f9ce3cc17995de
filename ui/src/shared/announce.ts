let element: HTMLElement | null = null;
let pending: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

/** The frame gives the live region that screen readers watch. */
export function setLiveRegion(region: HTMLElement | null): void {
  element = region;
}

/** Says something to people who do not see the page change; several at once are said together, politely. */
export function announce(text: string): void {
  pending.push(text);
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    if (element) element.textContent = pending.slice(-4).join(". ");
    pending = [];
  }, 500);
}
