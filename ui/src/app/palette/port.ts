/** Opens the command palette; the dialog itself loads when it is first asked for. */
let open: () => void = () => {};

export function openPalette(): void {
  open();
}

export function onOpenPalette(action: () => void): () => void {
  open = action;
  return () => {
    open = () => {};
  };
}
