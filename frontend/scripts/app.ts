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
