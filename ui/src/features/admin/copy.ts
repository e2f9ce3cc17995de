import { notifications } from "@mantine/notifications";

/** Puts a text on the clipboard and says so. */
export function copy(text: string, said: string): void {
  void navigator.clipboard
    ?.writeText(text)
    .then(() => notifications.show({ message: said, autoClose: 1500 }));
}
