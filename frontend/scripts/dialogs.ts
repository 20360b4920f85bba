// Native dialogs in the page; the link that opens one leads to a page of its own without scripts.
import { on } from "./page";

on("click", "[data-dialog]", (opener, event) => {
  const dialog = document.querySelector<HTMLDialogElement>(opener.dataset["dialog"] ?? "");
  if (!dialog) return;
  event.preventDefault();
  opener.closest<HTMLDetailsElement>("details[data-menu]")?.removeAttribute("open");
  dialog.showModal();
});
on("click", "[data-close]", (button) => button.closest("dialog")?.close());
on("click", "dialog", (dialog, event) => {
  if (event.target === dialog) (dialog as HTMLDialogElement).close(); // the veil around it
});
