// htmx: the CSRF header on every request; whole error pages are told, not swapped in; a lost line loses nothing.
import htmx from "htmx.org";
import { csrfToken, refusal, text } from "./page";
import { complain } from "./toasts";

interface Context {
  request: { method: string; headers: Record<string, string> };
  response?: { status: number };
  text?: string;
}
const context = (event: Event): Context | undefined => (event as CustomEvent<{ ctx?: Context }>).detail.ctx;

document.addEventListener("htmx:config:request", (event) => {
  const ctx = context(event);
  if (ctx) ctx.request.headers["X-CSRFToken"] = csrfToken();
});

document.addEventListener("htmx:before:swap", (event) => {
  const ctx = context(event);
  if ((ctx?.response?.status ?? 200) < 400) return;
  const why = refusal(ctx?.text ?? "");
  if (why === null && (ctx?.response?.status ?? 0) < 500) return; // a fragment with its own message
  event.preventDefault();
  complain(why ?? text("refused"));
});

document.addEventListener("htmx:error", (event) => {
  const error = (event as CustomEvent<{ error?: unknown }>).detail.error;
  if (error instanceof DOMException && error.name === "AbortError") return; // replaced by a newer request
  complain(text(navigator.onLine ? "timeout" : "offline"));
});

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}
window.htmx = htmx;
