// "…" menus close on Esc, on a click elsewhere and when another one opens; arrows walk through them.
import { on } from "./page";

const open = (): HTMLDetailsElement[] => [...document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")];

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target as Node)) menu.open = false;
});
document.addEventListener("focusin", (event) => {
  for (const menu of open()) if (!menu.contains(event.target as Node)) menu.open = false;
});
on("keydown", "details[data-menu]", (menu, event) => {
  const details = menu as HTMLDetailsElement;
  const summary = details.querySelector("summary");
  if (event.key === "Escape" && details.open) {
    details.open = false;
    summary?.focus();
    event.stopPropagation();
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  event.preventDefault();
  details.open = true;
  const items = [...details.querySelectorAll<HTMLElement>(".menu-item")];
  const here = items.indexOf(document.activeElement as HTMLElement);
  const step = event.key === "ArrowDown" ? 1 : -1;
  items[(here + step + items.length + (here < 0 && step < 0 ? 1 : 0)) % items.length]?.focus();
});
