// Stepper buttons, rows that repeat, files that are too large.
import { on } from "./page";
import { complain } from "./toasts";

on("click", "[data-step-by]", (button) => {
  const stepper = button.closest<HTMLElement>("[data-stepper]");
  const input = stepper?.querySelector("input");
  if (!stepper || !input) return;
  const step = Number(stepper.dataset["step"] ?? 1);
  const next = Math.round((Number(input.value) || 0) / step + Number(button.dataset["stepBy"])) * step;
  const high = input.max ? Number(input.max) : Infinity;
  input.value = String(Math.min(Math.max(next, Number(input.min) || 0), high));
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

on("click", "[data-add-row]", (button) => {
  const rows = button.closest<HTMLElement>("[data-rows]");
  const list = rows?.querySelector("[data-rows-list]");
  const last = list?.querySelector<HTMLElement>("[data-row]:last-child");
  if (!rows || !list || !last) return;
  const prefix = `${rows.dataset["prefix"]}-`;
  const count = list.children.length;
  const old = new RegExp(`${prefix}\\d+`, "g");
  const fresh = last.cloneNode(true) as HTMLElement;
  fresh.querySelectorAll(".form-error, .conflict").forEach((one) => one.remove());
  for (const one of [fresh, ...fresh.querySelectorAll<HTMLElement>("*")]) {
    for (const name of ["id", "name", "for", "aria-describedby"]) {
      const value = one.getAttribute(name);
      if (value) one.setAttribute(name, value.replace(old, prefix + String(count)));
    }
    one.removeAttribute("aria-invalid");
    one.classList.remove("has-error");
    if (one instanceof HTMLInputElement && ["radio", "checkbox"].includes(one.type)) one.checked = one.defaultChecked;
    else if (one instanceof HTMLInputElement || one instanceof HTMLTextAreaElement) one.value = "";
    else if (one instanceof HTMLSelectElement) one.selectedIndex = 0;
  }
  list.append(fresh);
  window.htmx.process(fresh);
  fresh.querySelector<HTMLElement>("input:not([type=hidden]), textarea, select")?.focus();
});

// The server refuses them too; saying it before the upload spares the wait.
on("change", "input[type=file][data-max-bytes]", (field) => {
  const input = field as HTMLInputElement;
  const limit = Number(input.dataset["maxBytes"]);
  if (![...(input.files ?? [])].some((file) => file.size > limit)) return;
  input.value = "";
  complain(input.dataset["maxText"] ?? "");
});
