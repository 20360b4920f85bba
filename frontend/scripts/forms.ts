// Saving: a form stays on the screen until the server has answered; no double sending; a warning before typing is lost.
import { addressOf, csrfToken, on, refusal, setting, text } from "./page";
import { complain } from "./toasts";

const PATIENCE = 60_000;
const sending = new WeakSet<HTMLFormElement>();
const typed = new WeakSet<HTMLFormElement>();

function busy(form: HTMLFormElement, button: HTMLElement | null, is: boolean): void {
  const shown = button ?? form.querySelector<HTMLElement>("button[type=submit], button:not([type])");
  if (is) {
    sending.add(form);
    shown?.setAttribute("aria-busy", "true");
  } else {
    sending.delete(form);
    form.querySelectorAll("[aria-busy]").forEach((one) => one.removeAttribute("aria-busy"));
    shown?.removeAttribute("aria-busy");
  }
}

/** Shows the same page again with the server's messages and moves there. */
function showAnswer(html: string, address: string): void {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.getElementById("main");
  const main = document.getElementById("main");
  if (!fresh || !main) return void location.assign(address);
  main.replaceWith(document.adoptNode(fresh));
  document.title = page.title;
  const toasts = page.getElementById("toasts");
  if (toasts) document.getElementById("toasts")?.replaceWith(document.adoptNode(toasts));
  window.htmx.process(fresh);
  fresh.querySelectorAll<HTMLFormElement>("form[data-guard]").forEach((form) => typed.add(form));
  window.scrollTo(0, 0);
  (fresh.querySelector<HTMLElement>("[data-focus]") ?? fresh.querySelector<HTMLElement>("[aria-invalid=true], .conflict input") ?? fresh).focus();
}

/** Sends a form in the background. The server names the next page in X-Location instead of redirecting. */
async function send(form: HTMLFormElement, button: HTMLElement | null): Promise<void> {
  const body = new FormData(form, button);
  const upload = setting(form, "enctype") === "multipart/form-data";
  busy(form, button, true);
  try {
    const answer = await fetch(addressOf(form), {
      method: "POST",
      body: upload ? body : new URLSearchParams(body as unknown as Record<string, string>),
      headers: { "X-Form": "1", "X-CSRFToken": csrfToken(), Accept: "text/html" },
      redirect: "manual",
      ...(upload ? {} : { signal: AbortSignal.timeout(PATIENCE) }),
    });
    const next = answer.headers.get("X-Location");
    if (next) {
      typed.delete(form);
      if (new URL(next, location.href).href === location.href.split("#")[0]) location.reload();
      else location.assign(next);
      return; // stays busy until the next page is there
    }
    const html = await answer.text();
    const why = answer.status >= 400 ? refusal(html) : null;
    if (why !== null) complain(why);
    else if (html.includes("<main")) return showAnswer(html, addressOf(form));
    else complain(text("refused"));
  } catch (error) {
    complain(text(error instanceof DOMException && error.name === "TimeoutError" ? "timeout" : "offline"));
  }
  busy(form, button, false);
}

/** htmx sends this form itself when it is submitted. */
const byHtmx = (form: HTMLFormElement): boolean =>
  form.hasAttribute("hx-post") && /\bsubmit\b/.test(form.getAttribute("hx-trigger") ?? "submit");

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || setting(form, "method") !== "post" || setting(form, "target")) return;
  if (sending.has(form)) return event.preventDefault();
  if (byHtmx(form)) return;
  if (!form.hasAttribute("data-guard")) return busy(form, event.submitter, true);
  event.preventDefault();
  void send(form, event.submitter);
});
// A form that saves itself in the background has nothing to lose once the server has taken it.
document.addEventListener("htmx:after:request", (event) => {
  const status = (event as CustomEvent<{ ctx: { response?: { status: number } } }>).detail.ctx.response?.status ?? 0;
  const form = event.target instanceof Element ? event.target.closest<HTMLFormElement>("form[hx-post]") : null;
  if (form && event.target === form && status < 300) typed.delete(form);
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form").forEach((form) => busy(form, null, false));
});

on("input", "form[data-guard]", (form) => typed.add(form as HTMLFormElement));
on("click", "[data-leave]", () => document.querySelectorAll("form").forEach((form) => typed.delete(form)));
window.addEventListener("beforeunload", (event) => {
  const open = [...document.querySelectorAll("form")].some((form) => typed.has(form));
  if (open) event.preventDefault();
});
