// Messages at the lower edge: closed by hand; good news without undo goes by itself after a while.
import { on, text } from "./page";

const STAY = 8000;

function fade(toast: HTMLElement): void {
  const wait = (): void => {
    window.setTimeout(() => (toast.matches(":hover, :focus-within") ? wait() : toast.remove()), STAY);
  };
  wait();
}

/** A refusal or a failure: stays until it is closed. */
export function complain(message: string): void {
  const region = document.getElementById("toasts");
  if (!region) return;
  region.querySelectorAll("[data-complaint]").forEach((old) => old.remove());
  const toast = document.createElement("div");
  toast.className = "toast toast-bad";
  toast.dataset["toast"] = toast.dataset["complaint"] = "";
  toast.setAttribute("role", "alert");
  const words = document.createElement("p");
  words.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-ghost btn-sm";
  close.dataset["dismiss"] = "";
  close.textContent = text("close");
  toast.append(words, close);
  region.append(toast);
}

on("click", "[data-dismiss]", (button) => button.closest("[data-toast]")?.remove());
document.querySelectorAll<HTMLElement>("[data-fades]").forEach(fade);
