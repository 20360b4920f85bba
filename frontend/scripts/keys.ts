// Keyboard: "/" goes to the search, Ctrl+Enter sends the form one is typing in. And the button that prints.
import { on, setting } from "./page";

on("click", "[data-print]", () => window.print());
document.addEventListener("keydown", (event) => {
  const here = event.target instanceof HTMLElement ? event.target : null;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = here?.closest("form");
    if (form && setting(form, "method") === "post") {
      event.preventDefault();
      form.requestSubmit();
    }
  }
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (here?.closest("input, textarea, select, [contenteditable], dialog")) return;
  const fields = [...document.querySelectorAll<HTMLInputElement>("[data-search]")].filter((one) => one.offsetParent);
  const search = fields.at(-1);
  if (!search) return;
  event.preventDefault();
  search.focus();
  search.select();
});
