// Small helpers: texts in the reader's language, the CSRF token, delegated events.
const meta = (name: string): string => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
const texts = JSON.parse(meta("page-texts") || "{}") as Record<string, string>;

export const text = (key: string): string => texts[key] ?? "";
export const csrfToken = (): string => meta("csrf-token");

/** Calls back when the event happens on or inside an element that matches. */
export function on<K extends keyof DocumentEventMap>(
  type: K,
  selector: string,
  callback: (element: HTMLElement, event: DocumentEventMap[K]) => void,
): void {
  document.addEventListener(type, (event) => {
    const found = event.target instanceof Element ? event.target.closest<HTMLElement>(selector) : null;
    if (found) callback(found, event);
  });
}

/** A form's own setting; `form.action` would be a field of that name. */
export const setting = (form: HTMLFormElement, name: "action" | "method" | "target" | "enctype"): string =>
  form.getAttribute(name) ?? "";

/** Where a form goes. */
export const addressOf = (form: HTMLFormElement): string => new URL(setting(form, "action") || location.href, location.href).href;

/** What a designed error page says, or nothing when the answer is another page. */
export function refusal(html: string): string | null {
  const page = new DOMParser().parseFromString(html, "text/html").querySelector(".error-page");
  if (!page) return null;
  const parts = [".error-text", ".error-way", ".error-reference"].map((s) => page.querySelector(s)?.textContent?.trim());
  return parts.filter(Boolean).join(" ");
}
