// Comfort on top of pages that work without scripts. Everything listens at the document: swapped-in parts need no set-up.
import "./requests";
import "./menus";
import "./dialogs";
import "./toasts";
import "./forms";
import "./filters";
import "./inputs";
import "./keys";

document.documentElement.classList.remove("no-script");
document.querySelector<HTMLElement>("[data-focus]")?.focus();
// On the phone the open tab may lie beyond the edge.
for (const tab of document.querySelectorAll<HTMLElement>(".tab[aria-current]")) {
  const bar = tab.closest<HTMLElement>(".tabs");
  if (bar) bar.scrollLeft = tab.offsetLeft - bar.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2;
}
